"""What an audit may have found: every measure with numbers, and hostile text wherever a dataset is quoted."""

from distill.audit.facts import (
    AuditFacts,
    BenchmarkFacts,
    ColumnRole,
    DomainLengths,
    DuplicateFacts,
    Exhibit,
    LabelFacts,
    LanguageFacts,
    LengthBin,
    LengthFacts,
    LicenceFacts,
    LicenceShare,
    Proportion,
    RepetitionFacts,
    TruncationFacts,
)

HOSTILE = "<script>document.title = 'owned'</script><img src=x onerror=\"document.title = 'owned'\">"
LONG = "a very long trace " * 400


def shares(num: int, num_examined: int = 10_000) -> Proportion:
    return Proportion.of(num, num_examined)


def shown(why: str, excerpt: str = HOSTILE) -> tuple[Exhibit, ...]:
    return (
        Exhibit(where="data/train.parquet, row 12, trace 3", excerpt=excerpt, why=why),
        Exhibit(where=f"{HOSTILE}.jsonl, row 7", excerpt=LONG, why=f"{why}: {HOSTILE}"),
    )


def lengths(domain: str) -> DomainLengths:
    edges = [round(100 * 1.1**place) for place in range(60)]
    heights = [round(900 * 2.718 ** (-(((place - 33) / 11) ** 2))) for place in range(59)]
    bins = tuple(
        LengthBin(low=low, high=high, num=num) for low, high, num in zip(edges[:-1], edges[1:], heights, strict=True)
    )
    quantiles = {"p05": 400, "p25": 1_300, "p50": 2_350, "p75": 4_100, "p95": 9_800, "p99": 20_000}
    return DomainLengths(
        domain=domain, num_traces=8_000, mean=3_100.5, shortest=102, longest=25_000, quantiles=quantiles, bins=bins
    )


def everything() -> AuditFacts:
    """A set in which there is something of each kind."""
    return AuditFacts(
        distill_version="0.1.0",
        datasets=(f"data/{HOSTILE}", "open/thoughts"),
        command="distill audit data --out found",
        num_rows=10_240,
        num_traces=10_000,
        num_set_aside=240,
        set_aside={"no trace in `generations`": 200, HOSTILE: 40},
        set_aside_worst=shown("no trace in `generations`"),
        is_partial=True,
        roles=(
            ColumnRole(dataset="data", role="prompt", where="conversations[].value"),
            ColumnRole(dataset="data", role="trace", where=f"generations[] {HOSTILE}"),
        ),
        contamination=(
            BenchmarkFacts(
                benchmark="AIME 2024", num_problems=30, prompts=shares(12), num_problems_hit=9,
                rules={"verbatim": 9, "paraphrased": 3}, worst=shown("verbatim: problem 4"),
            ),
            BenchmarkFacts(
                benchmark="MATH-500", num_problems=500, prompts=shares(0), num_problems_hit=0, rules={}, worst=(),
            ),
        ),
        duplicates=DuplicateFacts(
            copies=shares(431), num_exact=300, num_near=131, num_clusters=390, largest_cluster=7, num_other_answers=3,
            same_traces=shares(20), num_traces_under_other_prompts=2, worst=shown("7 rows"),
            worst_answers=shown("4 and 5"), worst_traces=(), how="All prompts were compared with all.",
        ),
        labels=LabelFacts(
            num_checked=9_000, num_labelled=7_000,
            table={
                "right": {"pass": 5_000, "fail": 120, "abstain": 80},
                "wrong": {"pass": 60, "fail": 1_700, "abstain": 40},
                "unlabelled": {"pass": 1_500, "fail": 400, "abstain": 100},
            },
            fails_though_right=shares(120, 5_120), passes_though_wrong=shares(60, 1_760),
            fails_its_own_answer=shares(400, 1_900), undecided=shares(220, 9_000),
            verifiers={"math_answer": 8_000, "choice": 1_000}, abstain_reasons={"reference cannot be read": 220},
            worst_right=shown("5 is not 6"), worst_wrong=shown("equal"), worst_unlabelled=(),
            how="Every answer was checked; programs were not run.",
        ),
        languages=LanguageFacts(
            trace_differs=shares(87), answer_differs=None, switches=shares(3),
            pairs={"en ─▶ en": 9_000, "en ─▶ zh": 87}, scripts={"Chinese": 3},
            worst=shown("en ─▶ zh", "你好"),
        ),
        truncation=TruncationFacts(
            traces=shares(640), signs={"thinking never closed": 400, "stated: length": 300},
            hints={"ends within a sentence": 900}, maximal_count=16_384, worst=shown("thinking never closed"),
        ),
        repetition=RepetitionFacts(traces=shares(1), signs={"equal lines": 1}, worst=shown("40 equal lines")),
        lengths=LengthFacts(
            unit="tokens", domains=(lengths("math"), lengths(HOSTILE)), num_empty=4, worst=shown("25,000 tokens"),
        ),
        licences=LicenceFacts(
            rows=(
                LicenceShare(stated="Apache License 2.0", hub_id="apache-2.0", num_rows=6_000, sources={"aops": 6_000}),
                LicenceShare(stated=HOSTILE, hub_id=None, num_rows=40, sources={"": 40}),
                LicenceShare(stated="", hub_id=None, num_rows=4_200, sources={HOSTILE: 4_200}),
            ),
            unstated=shares(4_200, 10_240), unknown=shares(40, 10_240),
            conflicts=("Rows of olympiads state two licences: apache-2.0 and cc-by-nc-4.0.",), worst=(),
        ),
        not_examined={},
    )  # fmt: skip


def nothing() -> AuditFacts:
    """A set of which no measure could examine anything."""
    fields = ("contamination", "duplicates", "labels", "languages", "truncation", "repetition", "lengths", "licences")
    return everything().model_copy(
        update={
            **dict.fromkeys(fields),
            "not_examined": {name: f"there is no column for {name}" for name in fields},
            "num_set_aside": 0,
            "set_aside": {},
            "set_aside_worst": (),
            "is_partial": False,
        }
    )
