"""Make the tables, one queue and one member of staff; print the cookie of his session."""
# ruff: noqa: E402 - nothing of Django may be imported before it is set up

import json

import django

django.setup()

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.core.management import call_command
from helpdesk.models import Queue

call_command("migrate", verbosity=0)
staff = get_user_model().objects.create_superuser("L1", "l1@example.org", "a password")
queue = Queue.objects.create(title="Petitions", slug="petitions")
session = SessionStore()
session[SESSION_KEY] = str(staff.pk)
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
session[HASH_SESSION_KEY] = staff.get_session_auth_hash()
session.save()
print(json.dumps({"session": session.session_key, "staff": staff.pk, "queue": queue.pk}))
