"""What gunicorn serves: roundup's tracker in `ROUNDUP_HOME`."""

import os

from roundup.cgi.wsgi_handler import RequestDispatcher

application = RequestDispatcher(os.environ["ROUNDUP_HOME"])
