"""The licences of a dataset's rows: which there are, and which do not go together. Pure.

It compares names only, and is no legal advice.
"""

from collections.abc import Mapping

from distill.audit.facts import Exhibit, LicenceFacts, LicenceShare, Proportion
from distill.rows.license_names import HUB_LICENSES, license_id

NUM_SOURCES = 10
UNSTATED, UNKNOWN = "not stated", "no name that the Hub knows"
_SHARE_ALIKE = ("-sa-", "gpl", "odbl", "gfdl", "cdla-sharing", "osl-")
_NO_COMMERCE, _NO_CHANGE = ("-nc-", "noncommercial"), ("-nd-",)

ByLicence = Mapping[str, Mapping[str, int]]
"""As stated ─▶ source ─▶ rows; what is not stated is an empty word."""


def licence_facts(rows: ByLicence) -> LicenceFacts | None:
    """What licences there are; None where no row states one."""
    if not any(stated.strip() for stated in rows):
        return None
    shares = sorted((_share(stated, sources) for stated, sources in rows.items()), key=lambda share: -share.num_rows)
    num_rows = sum(share.num_rows for share in shares)
    unstated = [share for share in shares if license_id(share.stated) is None]
    unknown = [share for share in shares if share not in unstated and share.hub_id is None]
    return LicenceFacts(
        rows=tuple(shares),
        unstated=Proportion.of(sum(share.num_rows for share in unstated), num_rows),
        unknown=Proportion.of(sum(share.num_rows for share in unknown), num_rows),
        conflicts=(*_side_by_side(shares), *_of_sources(rows)),
        worst=tuple(_exhibit(share) for share in [*unknown, *unstated][:NUM_SOURCES]),
    )


def licence_sign(stated: str) -> str | None:
    """What is wrong with a licence's name by itself."""
    found = license_id(stated)
    return UNSTATED if found is None else None if found in HUB_LICENSES else UNKNOWN


def _share(stated: str, sources: Mapping[str, int]) -> LicenceShare:
    found = license_id(stated)
    largest = sorted(sources.items(), key=lambda item: (-item[1], item[0]))[:NUM_SOURCES]
    return LicenceShare(
        stated=stated,
        hub_id=found if found in HUB_LICENSES else None,
        num_rows=sum(sources.values()),
        sources=dict(largest),
    )


def _side_by_side(shares: list[LicenceShare]) -> list[str]:
    """Licences that one dataset cannot keep all at once, as far as names say."""
    names = sorted({share.hub_id for share in shares if share.hub_id})
    alike, no_commerce, no_change = (
        [name for name in names if any(part in f"{name}-" for part in parts)]
        for parts in (_SHARE_ALIKE, _NO_COMMERCE, _NO_CHANGE)
    )
    said = [f"{name} forbids changed copies, and a dataset of traces is one" for name in no_change]
    free = [name for name in alike if name not in no_commerce]
    if free and no_commerce:
        said.append(
            f"{', '.join(free)} asks that all is free for any use, and {', '.join(no_commerce)} forbids commerce"
        )
    elif no_commerce and len(names) > len(no_commerce):
        said.append(f"{', '.join(no_commerce)} forbids commerce, which the other licences allow: it binds the whole")
    families = {name.rpartition("-")[0] or name for name in free}
    if len(families) > 1:
        said.append(f"{', '.join(free)} each ask that the whole is under themselves")
    return said


def _of_sources(rows: ByLicence) -> list[str]:
    """Sources whose rows are under several licences."""
    licences: dict[str, dict[str, int]] = {}
    for stated, sources in rows.items():
        for source, num in sources.items():
            if source and (name := license_id(stated)):
                known = licences.setdefault(source, {})
                known[name] = known.get(name, 0) + num
    several = {source: found for source, found in licences.items() if len(found) > 1}
    largest = sorted(several.items(), key=lambda item: (-sum(item[1].values()), item[0]))[:NUM_SOURCES]
    return [
        f"{source} stands under {' and '.join(f'{name} ({num:,} rows)' for name, num in sorted(found.items()))}"
        for source, found in largest
    ]


def _exhibit(share: LicenceShare) -> Exhibit:
    sources = ", ".join(f"{source or 'no source'} ({num:,})" for source, num in share.sources.items())
    why = "no name that the Hub knows" if share.stated.strip() else "no licence is stated"
    return Exhibit(where=sources, excerpt=share.stated, why=f"{share.num_rows:,} rows: {why}")
