"""The policies that offices have set for themselves, as a file has them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import time
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from chassis.environment import SettingInvalid
from services.notify.domain.planning import OFFICE_HOURS, Policy, Rises
from services.notify.domain.policy import DEFAULT_VERSION, TERM_POLICIES, Policies
from services.notify.settings import POLICIES

EVERY_TERM: Final = "*"
Days = Annotated[int, Meta(ge=1, le=90)]


class RisesStated(Struct, frozen=True, forbid_unknown_fields=True):
    """After how many working days late who is told too."""

    office_head: Days
    superior: Days


class TermStated(Struct, frozen=True, forbid_unknown_fields=True):
    """What is otherwise than by default; see `Policy`."""

    start: bool | UnsetType = UNSET
    half: bool | UnsetType = UNSET
    workdays_before: tuple[Days, ...] | UnsetType = UNSET
    days_before: tuple[Days, ...] | UnsetType = UNSET
    late: bool | UnsetType = UNSET
    rises: RisesStated | UnsetType = UNSET
    at: time | UnsetType = UNSET
    within: Days | UnsetType = UNSET


class OfficeStated(Struct, frozen=True, forbid_unknown_fields=True):
    """The policy of one office.

    Attributes:
        version: named in every plan that it makes.
        terms: code of a term, or `*` for all others, to what is otherwise.
    """

    version: Annotated[str, Meta(min_length=1, max_length=64)]
    terms: dict[str, TermStated]


def policies_in(path: str) -> Policies:
    """Read a file of policies; without one everybody has the default.

    Raises:
        SettingInvalid: it is missing, or something in it is none.
    """
    if not path:
        return Policies()
    try:
        stated = msgspec.json.decode(Path(path).read_bytes(), type=dict[str, OfficeStated])
    except (OSError, msgspec.MsgspecError) as error:
        raise SettingInvalid(f"{POLICIES} names {path}: {error}") from error
    return Policies({office: dict(_terms(office, given)) for office, given in stated.items()})


def _terms(office: str, stated: OfficeStated) -> Mapping[str, Policy]:
    if unknown := stated.terms.keys() - TERM_POLICIES.keys() - {EVERY_TERM}:
        raise SettingInvalid(f"{POLICIES}: {office} names terms that there are not: {unknown}")
    if stated.version == DEFAULT_VERSION:
        raise SettingInvalid(f"{POLICIES}: {office} takes a version of its own")
    every = stated.terms.get(EVERY_TERM, TermStated())
    return {
        term: _changed(office, stated.version, default, stated.terms.get(term, every))
        for term, default in TERM_POLICIES.items()
    }


def _changed(office: str, version: str, default: Policy, stated: TermStated) -> Policy:
    given = {name: value for name, value in msgspec.structs.asdict(stated).items()
             if value is not UNSET}  # fmt: skip
    if isinstance(stated.rises, RisesStated):
        given["rises"] = Rises(stated.rises.office_head, stated.rises.superior)
    if "within" in given and not default.within:
        raise SettingInvalid(f"{POLICIES}: {office} states how long a term of the Regulation runs")
    policy = replace(default, version=version, **given)
    if not OFFICE_HOURS.begins <= policy.at < OFFICE_HOURS.ends:
        raise SettingInvalid(f"{POLICIES}: {office} reminds at {policy.at}, outside office hours")
    return policy
