"""The mail in the morning, from the ledger alone: how it went, what changed, below which mail it is."""

from decimal import Decimal
from email.message import EmailMessage

from support.life import Life, buy, sell
from support.mail_server import MailServer, letters

LARGE = ("--max-position-size", "100000")


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return part.get_content().replace("\r\n", "\n")


def test_a_session_looks_back_on_the_ones_before(life: Life, server: MailServer) -> None:
    """Bars and periods of the ledger's sessions; what is otherwise than at the mark before."""
    life.env |= server.env
    life.trade(*LARGE, AAPL=buy(200, "200"), MSFT=buy(100, "200"))
    life.prices(AAPL="201", MSFT="200")
    life.mark()
    life.next_session()
    life.prices(AAPL="203", MSFT="200")
    life.trade(*LARGE, MSFT=sell(100, "200"), AAPL=buy(100, "203"))
    first, marked, second = map(text_of, letters(server))
    assert "One session is valued so far" in " ".join(first.split())
    assert "Since" not in first
    assert "Since" not in marked
    said = " ".join(second.split())
    assert "The last 2 valued sessions: 2 gained, 0 lost. Best +$400.00 on 7 Jan 2025" in said
    assert "Week to date +$600.00 +0.60%" in said
    assert "Since 6 Jan 2025 - Grown: AAPL 200 to 300 - Closed: MSFT 100" in said
    assert "Newly past a limit: largest position AAPL 60.5% (limit 50%)" in said
    assert "Gross exposure 60.5% ✓ limit 150%" in said


def test_the_mails_of_a_session_stand_below_each_other(life: Life, server: MailServer) -> None:
    """The mark's answers the run's, by its id; the next session's begins anew. Attachments bear the date."""
    life.env |= server.env
    life.trade(AAPL=buy(10, "200"))
    life.prices(AAPL="201")
    life.mark()
    life.run("email", life.session, "--mark")
    session = life.session
    life.next_session()
    life.trade(AAPL=buy(10, "200"))
    run, mark, again, following = letters(server)
    assert run["In-Reply-To"] is run["References"] is None
    assert mark["In-Reply-To"] == mark["References"] == run["Message-ID"]
    assert again["In-Reply-To"] == mark["Message-ID"]
    assert again["References"].split() == [run["Message-ID"], mark["Message-ID"]]
    assert following["References"] is None
    assert len({each["Message-ID"] for each in (run, mark, again, following)}) == 4
    names = [part.get_filename() for each in (run, mark) for part in each.iter_attachments()]
    assert names == [
        f"{session}_paper_run.html",
        f"{session}_orders.csv",
        f"{session}_mark.html",
        f"{session}_mark_orders.csv",
    ]


def test_a_book_that_was_reset_begins_anew(life: Life, server: MailServer) -> None:
    """What the one before it held and gained is in no mail of the new one."""
    life.env |= server.env
    life.trade(AAPL=buy(10, "200"))
    life.prices(AAPL="201")
    life.run("resolve", "--reset")
    life.next_session()
    life.trade(AAPL=buy(10, "200"))
    said = " ".join(text_of(letters(server)[-1]).split())
    assert "One session is valued so far" in said
    assert "Since" not in said


def test_a_rename_and_a_split_are_no_trades(life: Life, server: MailServer) -> None:
    """They are named, in the mail of the attempt and of the mark; what was traded since stands beside."""
    life.env |= server.env
    broker = life.with_broker(with_list=True)
    life.trade(FB=buy(100, "100"), GE=buy(30, "50"), MSFT=buy(10, "200"))
    life.next_session()
    broker.lists("name_changes", "FB", life.session, new_symbol="META")
    broker.rename("FB", "META")
    broker.lists("reverse_splits", "GE", life.session, new_rate=1, old_rate=3)
    broker.split("GE", 1, 3)
    broker.prices |= {"META": Decimal(100), "GE": Decimal(150)}
    for symbol in ("FB", "GE"):
        life.gateway.says[symbol] = None
    life.trade(META=sell(40, "100"), MSFT=buy(1, "200"))
    life.mark()
    _, run, mark = map(text_of, letters(server))
    for said in (run, mark):
        since = said.partition("Since 6 Jan 2025\n")[2].partition("\n\n")[0]
        assert since.splitlines()[:4] == [
            "- Split: GE 1:3, 30 to 10",
            "- Renamed: FB to META",
            "- Grown: MSFT 10 to 11",
            "- Reduced: META 100 to 60",
        ]
        assert "Opened" not in since
        assert "Closed" not in since
