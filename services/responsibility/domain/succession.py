"""The lawful ways in which an ownership moves (继任, 回避)."""

from collections.abc import Callable
from datetime import datetime

from services.responsibility.domain.evidence import Approval
from services.responsibility.domain.kept_out import KeptOut
from services.responsibility.domain.refusals import OwnClaim, SameOwner


class Succession(KeptOut):
    """Passing an ownership on."""

    def succeed(self, to: str, office: str, approval: Approval, at: datetime) -> None:
        """Pass the ownership on because the owner leaves the post or is on long leave.

        Raises:
            NotOwned, CaseClosed, SameOwner, OwnClaim.
        """
        self._check_passing_on(to, office, approval)
        self._pass_on(self._record_succession, to, office, approval, at)

    def recuse(self, to: str, office: str, approval: Approval, at: datetime) -> None:
        """Pass the ownership on because the owner has a direct interest.

        Raises:
            NotOwned, CaseClosed, SameOwner, OwnClaim.
        """
        self._check_passing_on(to, office, approval)
        self._pass_on(self._record_recusal, to, office, approval, at)

    def _check_passing_on(self, to: str, office: str, approval: Approval) -> None:
        owner = self._open_owner()
        if to == owner:
            raise SameOwner(to="owns the petition already", owner=owner)
        if approval.approver in {owner, to}:
            raise OwnClaim(to="neither the owner nor the successor approves the step")
        self.check_no_party(to=to, office=office)

    def _pass_on(
        self, record: Callable[..., None], to: str, office: str, approval: Approval, at: datetime
    ) -> None:
        record(
            timestamp=at,
            previous_owner=self.owner,
            owner=to,
            office=office,
            ground=approval.ground,
            approver=approval.approver,
            document=approval.document,
        )
