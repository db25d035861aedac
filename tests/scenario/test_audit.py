"""`otomoctl audit` on a live database: each of the six invariants of BILLING.md, broken by a
superuser with all guards off, is named with its row."""

import pytest

from otomo.scene import Scene

GUARDS_OFF = "SET session_replication_role = replica; "
WALLET = "UPDATE accounts SET balance = balance + {points} WHERE id = 'wallet/{user}'"

# invariant: what breaks it, what mends that, and whom the audit names
BREAKAGES = {
    1: (WALLET.replace("{points}", "1"), WALLET.replace("{points}", "-1"), "wallet/{user}"),
    2: (
        "ALTER TABLE accounts DROP CONSTRAINT accounts_not_below_zero; "
        + WALLET.replace("{points}", "-5000"),
        WALLET.replace("{points}", "5000")
        + "; ALTER TABLE accounts ADD CONSTRAINT accounts_not_below_zero"
        " CHECK (balance >= 0 OR kind NOT IN ('wallet', 'hold'))",
        "wallet/{user}",
    ),
    3: (
        "UPDATE transfers SET unit_index = 20 WHERE id = 'charge/{call}/2'",
        "UPDATE transfers SET unit_index = 2 WHERE id = 'charge/{call}/2'",
        "call {call}",
    ),
    4: (
        "UPDATE transfers SET unit_at = unit_at - interval '1 us' WHERE id = 'charge/{call}/1'",
        "UPDATE transfers SET unit_at = unit_at + interval '1 us' WHERE id = 'charge/{call}/1'",
        "call {call}",
    ),
    5: (
        "UPDATE calls SET total_charged = total_charged + 1 WHERE call_id = '{call}'",
        "UPDATE calls SET total_charged = total_charged - 1 WHERE call_id = '{call}'",
        "call {call}",
    ),
    6: (
        "ALTER TABLE calls DROP CONSTRAINT calls_over_has_an_end;"
        " UPDATE calls SET end_reason = NULL WHERE call_id = '{call}'",
        "UPDATE calls SET end_reason = 'user_end' WHERE call_id = '{call}';"
        " ALTER TABLE calls ADD CONSTRAINT calls_over_has_an_end CHECK (live = (ended_at IS NULL)"
        " AND live = (end_reason IS NULL) AND live = (total_seconds IS NULL))",
        "call {call}",
    ),
}


@pytest.fixture(scope="module")
def books(server, loop):
    """A call that was talked, so that there is something to break."""
    number = next(server.pairs)
    scene = Scene(server, f"u{number}", f"o{number}")

    async def talk():
        await scene.in_call()
        await scene.tick(3)
        await scene.hang_up()
        await scene.leave()

    loop.run(talk())
    return {"call": scene.call_id, "user": scene.user.id}


@pytest.mark.parametrize("invariant", BREAKAGES)
def test_broken(server, books, invariant):
    assert "all six" in server.ctl("audit")
    wrong, right, named = (text.format(**books) for text in BREAKAGES[invariant])
    server.execute(GUARDS_OFF + wrong)
    ran = server.try_ctl("audit")
    server.execute(GUARDS_OFF + right)
    rows = [line for line in ran.out.splitlines() if line.split()[0] == str(invariant)]
    assert ran.status == 1 and rows and named in rows[0], ran
