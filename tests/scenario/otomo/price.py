"""What a call costs: a model of docs/billing.md that shares nothing with the server. Numbers of
seconds and timedeltas both do, as long as UNIT and TALKED are the same."""


def cost(charge, rule, price, unit, talked, paid=None, our_fault=False):
    """RULE: billing.partial_unit. PAID: for how many units the wallet had points; None: enough.
    OUR_FAULT: it was the server's death that ended the call."""
    whole, rest = divmod(talked, unit)
    if charge == "advance":
        if our_fault:
            return price * talked // unit  # what was paid and not served is given back, rounded up
        units = max(1, whole + bool(rest))
        return price * (units if paid is None else min(units, paid))
    if not rest or rule == "free":
        last = 0
    elif our_fault:
        last = price * rest // unit
    else:
        last = price if rule == "charge" else -(-price * rest // unit)
    return price * whole + last


def cost_of(row, unit):
    """The same of a row of `calls` whose talk lasted until its end, and whose wallet had enough."""
    talked = row["ended_at"] - row["started_at"]
    our_fault = row["end_reason"] == "server_shutdown"
    return cost(
        row["charge"], row["partial_unit"], row["price_per_unit"], unit, talked, None, our_fault
    )
