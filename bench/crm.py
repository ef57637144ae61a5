#!/usr/bin/env python3
"""Asks lists of sales over HTTP what bench/crm has filled in, and prints p50 and p95. Called by bench/crm.

Each list is read from its beginning, page after page, and from its last tenth: the place is looked up in the database and written
as the list writes it in cursors.
"""
import argparse
import base64
import http.client
import json
import random
import subprocess
import time
import urllib.parse

options = argparse.ArgumentParser()
for name in ("url", "key", "tenant", "database"):
    options.add_argument(f"--{name}", required=True)
options.add_argument("--times", type=int, default=100)
options.add_argument("--only", default="")
options = options.parse_args()

server = http.client.HTTPConnection(urllib.parse.urlparse(options.url).netloc)
random.seed(5)
slow = []


def get(path):
    began = time.perf_counter()
    server.request("GET", "/api/v1" + path, headers={"Authorization": f"Bearer {options.key}"})
    answer = server.getresponse()
    body = answer.read()
    taken = (time.perf_counter() - began) * 1000
    assert answer.status == 200, (path, answer.status, body[:500])
    return taken, json.loads(body)


def measure(name, path, cursor=None, among=None):
    """NUMBER in the path is another number each time. Follows the pages. One of several goes to `among`, for `highest`."""
    if options.only not in name:
        return
    server.close()  # the server has, if the place was long looked for
    taken = []
    first = cursor
    for turn in range(options.times + 2):
        asked = path.replace("NUMBER", str(random.randrange(5000)))
        if cursor:
            asked += f"&cursor={cursor}"
        ms, body = get(asked)
        if turn >= 2:
            taken.append(ms)
        cursor = body.get("next_cursor") or first if isinstance(body, dict) else None
    taken.sort()
    p50, p95 = taken[len(taken) // 2], taken[int(len(taken) * 0.95)]
    if p95 > 100:
        slow.append(name)
    if among is None:
        print(f"| {name} | {p50:.1f} | {p95:.1f} |", flush=True)
    else:
        among.append((p95, p50, name))


def highest(what, measured):
    if measured:
        p95, p50, name = max(measured)
        print(f"| {what}, {len(measured)} orders and places; the slowest, {name} | {p50:.1f} | {p95:.1f} |", flush=True)


def row(sql):
    """The only row, its columns as texts."""
    command = ["psql", "-XAtqz", "-F", "\t", options.database, "-c", f"set app.current_tenant_id = '{options.tenant}'", "-c", sql]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.rstrip("\n\0").split("\t")


def cursor_of(place):
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def far(table, key, id_column, where, way):
    """The value and the id at nine tenths of what has a value."""
    return row(
        f"select to_jsonb({key}) #>> '{{}}', {id_column} from {table} where {where} and {key} is not null order by {key} {way}, {id_column} {way} "
        f"limit 1 offset (select count(*) * 9 / 10 from {table} where {where} and {key} is not null)"
    )


CLIENTS = {
    "name": ("name_key", "Text"), "company_name": ("company_key", "Text"), "email": ("email_key", "Text"), "client_type": ("client_type", "Text"),
    "lifecycle_stage": ("lifecycle_stage", "Text"), "lead_quality": ("lead_quality", "Text"), "assigned_to": ("assigned_to", "Id"),
    "source": ("source", "Text"), "lead_score": ("lead_score", "Number"), "total_orders": ("total_orders", "Number"),
    "total_revenue": ("revenue_key", "Number"), "average_order_value": ("average_key", "Number"), "first_contact_date": ("first_contact_date", "At"),
    "last_contact_date": ("last_contact_date", "At"), "next_follow_up_date": ("next_follow_up_date", "At"), "created_at": ("created_at", "At"),
    "updated_at": ("updated_at", "At"),
}
SHOWN = "(case when c.name_key is null then c.company_key else c.name_key end)"
LISTS = {
    "deals": ("crm_deals d join crm_clients c using (tenant_id)", "d", "d.client_id = c.id", {
        "name": "d.name_key", "client_name": SHOWN, "deal_value": "d.value_key", "probability": "d.probability",
        "expected_close_date": "d.expected_close_date", "created_at": "d.created_at", "updated_at": "d.updated_at",
        "stage_changed_at": "d.stage_changed_at", "stage": "d.stage"}),
    "orders": ("crm_orders o join crm_clients c using (tenant_id)", "o", "o.client_id = c.id", {
        "order_date": "o.order_date", "total": "o.total_key", "status": "o.status", "order_number": "o.number_key", "created_at": "o.created_at",
        "client_name": SHOWN}),
    "products": ("crm_products p", "p", "true", {
        "name": "p.name_key", "sku": "p.sku", "category": "p.category", "price": "p.price_key", "created_at": "p.created_at",
        "updated_at": "p.updated_at"}),
}


def measure_orders():
    measured = []
    for name, (key, kind) in CLIENTS.items():
        for sign, way in (("", "asc"), ("-", "desc")):
            title = f"clients by {name}" + (", downwards" if sign else "")
            if options.only not in title:
                continue
            path = f"/crm/clients?limit=50&sort={sign}{name}"
            measure(title, path, among=measured)
            value, last = far("crm_clients", key, "id", f"tenant_id = '{options.tenant}'", way)
            place = {"sort": {"column": name, "is_descending": bool(sign)}, "key": {kind: int(value) if kind == "Number" else value}, "id": last}
            measure(title + ", far down", path, cursor_of(place), measured)
    highest("clients in any order", measured)
    for what, (table, short, condition, columns) in LISTS.items():
        measured = []
        for name, key in columns.items():
            for sign, way in (("", "asc"), ("-", "desc")):
                title = f"{what} by {name}" + (", downwards" if sign else "")
                if options.only not in title:
                    continue
                path = f"/crm/{what}?limit=50&sort={sign}{name}"
                measure(title, path, among=measured)
                value, last = far(table, key, f"{short}.id", f"{short}.tenant_id = '{options.tenant}' and {condition}", way)
                measure(title + ", far down", path, cursor_of({"sort": sign + name, "value": value, "id": last}), measured)
        highest(f"{what} in any order", measured)


def measure_filters():
    clients = "/crm/clients?limit=50"
    (owner,) = row("select user_id from memberships where email = 'colleague1@bench.example'")
    month, year = "2026-10-01T00:00:00Z", "2025-11-01T00:00:00Z"
    day = row("select to_char(now() - interval '2 days', 'YYYY-MM-DD\"T\"00:00:00\"Z\"')")[0]
    for name, path in {
        "clients, as they open": clients,
        "customers by revenue": f"{clients}&client_type=customer&sort=-total_revenue",
        "customers, least orders first": f"{clients}&client_type=customer&sort=total_orders",
        "stage customer": f"{clients}&lifecycle_stage=customer",
        "stage customer or churned, by name": f"{clients}&lifecycle_stage=customer,churned&sort=name",
        "hot": f"{clients}&lead_quality=hot",
        "a colleague's clients": f"{clients}&assigned_to={owner}",
        "a colleague's customers": f"{clients}&assigned_to={owner}&client_type=customer",
        "nobody's clients": f"{clients}&assigned_to=none",
        "source": f"{clients}&source=whatsapp",
        "tag on one in ten": f"{clients}&tag=vip",
        "tag on one in ten, newest": f"{clients}&tag=vip&sort=-created_at",
        "tag on one in a thousand, newest": f"{clients}&tag=rare&sort=-created_at",
        "two tags, nobody has both": f"{clients}&tag=rare,vip",
        "field of one's own, rare": f"{clients}&field.city=city12",
        "field of one's own, common": f"{clients}&field.size=small",
        "field and tag": f"{clients}&field.size=small&tag=vip",
        "created in a month": f"{clients}&created_from={month}",
        "created in two days": f"{clients}&created_from={day}",
        "created in a year, by name": f"{clients}&created_from={year}&sort=name",
        "last contact before": f"{clients}&last_contact_before={year}",
        "follow-up overdue": f"{clients}&follow_up=overdue",
        "follow-up today": f"{clients}&follow_up=today&sort=next_follow_up_date",
        "follow-up this week, by name": f"{clients}&follow_up=week&sort=name",
        "revenue at least": f"{clients}&min_revenue=1000",
        "score at least, hot, with phone": f"{clients}&min_score=90&lead_quality=hot&has_phone=true",
        "without e-mail, with phone": f"{clients}&has_email=false&has_phone=true",
        "search, a common name": f"{clients}&q=n10000%20",
        "search, a rare name": f"{clients}&q=n2NUMBER%20",
        "search, the beginning of a name": f"{clients}&q=n12",
        "search, two words": f"{clients}&q=n10003%20n2",
        "search, an e-mail address": f"{clients}&q=personNUMBER@example.com",
        "search, a telephone number": f"{clients}&q=%2B3240000NUMBER",
        "search, what all have": f"{clients}&q=example",
        "search, nothing found": f"{clients}&q=nobody",
        "count of all": "/crm/clients/count",
        "count of a stage": "/crm/clients/count?lifecycle_stage=customer",
        "count of a search": "/crm/clients/count?q=n10003",
        "count of a rare tag": "/crm/clients/count?tag=rare",
        "count of hot with phone and score": "/crm/clients/count?min_score=95&lead_quality=hot&has_phone=true",
        "board": "/crm/deals/board",
        "board of a colleague": f"/crm/deals/board?owner_id={owner}",
        "board, search": "/crm/deals/board?q=deal12",
        "board, tag": "/crm/deals/board?tag=vip",
        "deals, as they open": "/crm/deals?limit=50",
        "deals, search, a common word": "/crm/deals?limit=50&q=n10000",
        "deals, search, a rare word": "/crm/deals?limit=50&q=dealNUMBER",
        "deals, search, two words": "/crm/deals?limit=50&q=n10003%20n2",
        "deals, search, nothing found": "/crm/deals?limit=50&q=nobody",
        "deals, open, by close": "/crm/deals?limit=50&is_open=true&sort=expected_close_date",
        "deals, stale": "/crm/deals?limit=50&is_stale=true",
        "deals, stage": "/crm/deals?limit=50&stage=proposal",
        "deals of a colleague, by value": f"/crm/deals?limit=50&owner_id={owner}&sort=-deal_value",
        "deals, closing in a month": "/crm/deals?limit=50&close_from=2026-10-01&close_to=2026-10-31",
        "deals, tag and value": "/crm/deals?limit=50&tag=vip&min_value=10000",
        "orders, as they open": "/crm/orders?limit=50",
        "orders, number": "/crm/orders?limit=50&q=so-NUMBER",
        "orders, shop's number": "/crm/orders?limit=50&q=shopNUMBER",
        "orders, status": "/crm/orders?limit=50&status=pending,processing",
        "orders, month by total": "/crm/orders?limit=50&date_from=2026-10-01T00:00:00Z&sort=-total",
        "orders, currency and total": "/crm/orders?limit=50&currency=USD&min_total=800",
        "activities, as they open": "/crm/activities?limit=50",
        "activities, newest": "/crm/activities?limit=50&sort=-created_at",
        "activities, pending": "/crm/activities?limit=50&status=pending",
        "activities, overdue": "/crm/activities?limit=50&due=overdue",
        "activities, without a date": "/crm/activities?limit=50&due=none",
        "activities of a colleague": f"/crm/activities?limit=50&assigned_to={owner}",
        "activities of a colleague, pending": f"/crm/activities?limit=50&assigned_to={owner}&status=pending",
        "activities, calls": "/crm/activities?limit=50&activity_type=call&priority=high",
        "leads, as they open": "/leads?limit=50",
        "leads, search, a common name": "/leads?limit=50&q=n10000",
        "leads, search, a rare name": "/leads?limit=50&q=leadNUMBER",
        "leads, search, what all have": "/leads?limit=50&q=example",
        "leads, search, nothing found": "/leads?limit=50&q=nobody",
        "leads, new, about a price": "/leads?limit=50&status=new&intent=price",
        "leads of a colleague": f"/leads?limit=50&assigned_to={owner}",
        "products, search": "/crm/products?limit=50&q=n10000",
        "products, search by SKU": "/crm/products?limit=50&q=sku-NUMBER",
        "products, category": "/crm/products?limit=50&category=category%2012&is_active=true",
        "summary of the month": "/crm/summary",
        "summary of a year": "/crm/summary?from=2025-11-01&to=2026-10-31",
    }.items():
        measure(name, path)


measure_filters()
measure_orders()
if slow:
    print(f"\nOver 100 ms: {', '.join(slow)}")
