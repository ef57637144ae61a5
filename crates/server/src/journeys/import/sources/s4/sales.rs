//! Clients, products, deals with their history, orders, activities, notes and tags: the same names as here.

use serde_json::{Value, json};

use super::super::super::mapping::Belongs::By;
use super::super::super::mapping::Goes::{Kept, To};
use super::super::super::mapping::{Goes, Out, Scope, Table, lines, times};
use super::super::super::row::{Row, is_empty};
use super::COUNTED;

const ELSEWHERE: Goes = Kept("not in the specification");

const fn table(
    name: &'static str,
    columns: &'static [(&'static str, Goes)],
    map: fn(&mut Scope, &mut Row, &mut Out) -> Result<(), String>,
) -> Table {
    Table {
        schema: "public",
        name,
        key: "id",
        belongs: By("organization_id"),
        order: &["created_at", "id"],
        columns,
        others: ELSEWHERE,
        map,
    }
}

pub const CLIENTS: Table = table(
    "crm_clients",
    &[
        ("id", To("crm_clients.id")),
        ("organization_id", To("crm_clients.tenant_id")),
        (
            "contact_id",
            To("crm_clients.contact_id; its name is the client's"),
        ),
        ("client_type", To("crm_clients.client_type")),
        ("company_name", To("crm_clients.company_name")),
        ("email", To("crm_clients.email")),
        ("phone", To("crm_clients.phone")),
        ("secondary_phone", To("crm_clients.secondary_phone")),
        ("address", To("crm_clients.address")),
        ("ecommerce_customer_id", To("crm_clients.ecommerce_customer_id")),
        ("total_orders", Kept(COUNTED)),
        ("total_revenue", Kept(COUNTED)),
        ("average_order_value", Kept(COUNTED)),
        ("source", To("crm_clients.source")),
        ("source_details", To("crm_clients.source_details")),
        ("utm_data", To("crm_clients.utm_data")),
        ("lifecycle_stage", To("crm_clients.lifecycle_stage")),
        (
            "lead_score",
            Kept("made here of what is known of the client, with its reasons"),
        ),
        ("lead_quality", To("crm_clients.lead_quality, is_quality_set")),
        ("assigned_to", To("crm_clients.assigned_to")),
        ("tags", To("crm_clients.tags")),
        ("custom_fields", To("crm_clients.custom_fields")),
        ("platform_user_id", To("crm_clients.platform_user_id")),
        ("first_contact_date", To("crm_clients.first_contact_date")),
        ("last_contact_date", To("crm_clients.last_contact_date")),
        ("next_follow_up_date", To("crm_clients.next_follow_up_date")),
        ("created_at", To("crm_clients.created_at")),
        ("updated_at", To("crm_clients.updated_at")),
    ],
    client,
);

pub const PRODUCTS: Table = table(
    "crm_products",
    &[
        ("id", To("crm_products.id")),
        ("organization_id", To("crm_products.tenant_id")),
        ("name", To("crm_products.name")),
        ("description", To("crm_products.description")),
        ("sku", To("crm_products.sku")),
        ("category", To("crm_products.category")),
        ("price", To("crm_products.price")),
        ("cost", To("crm_products.cost")),
        ("currency", To("crm_products.currency")),
        ("ecommerce_product_id", To("crm_products.ecommerce_product_id")),
        ("is_active", To("crm_products.is_active")),
        ("custom_fields", To("crm_products.custom_fields")),
        ("created_at", To("crm_products.created_at")),
        ("updated_at", To("crm_products.updated_at")),
    ],
    product,
);

pub const DEALS: Table = table(
    "crm_deals",
    &[
        ("id", To("crm_deals.id")),
        ("organization_id", To("crm_deals.tenant_id")),
        ("client_id", To("crm_deals.client_id")),
        ("name", To("crm_deals.name")),
        ("description", To("crm_deals.description")),
        ("deal_value", To("crm_deals.deal_value")),
        ("currency", To("crm_deals.currency")),
        ("stage", To("crm_deals.stage, pipeline_stage_id")),
        ("probability", To("crm_deals.probability")),
        ("expected_close_date", To("crm_deals.expected_close_date")),
        ("actual_close_date", To("crm_deals.actual_close_date")),
        ("products", To("crm_deals.products")),
        ("owner_id", To("crm_deals.owner_id")),
        ("lost_reason", To("crm_deals.lost_reason")),
        ("lost_reason_details", To("crm_deals.lost_reason_details")),
        ("won_reason", To("crm_deals.won_reason")),
        ("competitor", To("crm_deals.competitor")),
        ("tags", To("crm_deals.tags")),
        ("custom_fields", To("crm_deals.custom_fields")),
        ("created_at", To("crm_deals.created_at")),
        ("updated_at", To("crm_deals.updated_at")),
        ("stage_changed_at", To("crm_deals.stage_changed_at")),
    ],
    deal,
);

pub const HISTORY: Table = table(
    "crm_deal_stages_history",
    &[
        ("id", To("crm_deal_stages_history.id")),
        ("organization_id", To("crm_deal_stages_history.tenant_id")),
        ("deal_id", To("crm_deal_stages_history.deal_id")),
        (
            "from_stage",
            To("crm_deal_stages_history.from_stage, from_stage_name"),
        ),
        ("to_stage", To("crm_deal_stages_history.to_stage, to_stage_name")),
        ("changed_by", To("crm_deal_stages_history.changed_by")),
        ("notes", To("crm_deal_stages_history.notes")),
        ("created_at", To("crm_deal_stages_history.created_at")),
    ],
    step,
);

pub const ORDERS: Table = table(
    "crm_orders",
    &[
        ("id", To("crm_orders.id")),
        ("organization_id", To("crm_orders.tenant_id")),
        ("client_id", To("crm_orders.client_id")),
        ("deal_id", To("crm_orders.deal_id")),
        ("order_number", To("crm_orders.order_number")),
        ("ecommerce_order_id", To("crm_orders.ecommerce_order_id")),
        ("subtotal", To("crm_orders.subtotal")),
        ("tax", To("crm_orders.tax")),
        ("shipping", To("crm_orders.shipping")),
        ("discount", To("crm_orders.discount")),
        ("total", To("crm_orders.total")),
        ("currency", To("crm_orders.currency")),
        ("status", To("crm_orders.status")),
        ("items", To("crm_orders.items")),
        ("shipping_address", To("crm_orders.shipping_address")),
        ("tracking_number", To("crm_orders.tracking_number")),
        ("order_date", To("crm_orders.order_date")),
        ("shipped_date", To("crm_orders.shipped_date")),
        ("delivered_date", To("crm_orders.delivered_date")),
        ("created_at", To("crm_orders.created_at")),
        ("updated_at", To("crm_orders.updated_at")),
    ],
    order,
);

pub const ACTIVITIES: Table = table(
    "crm_activities",
    &[
        ("id", To("crm_activities.id")),
        ("organization_id", To("crm_activities.tenant_id")),
        ("client_id", To("crm_activities.client_id")),
        ("deal_id", To("crm_activities.deal_id")),
        ("message_id", To("crm_activities.message_id")),
        ("activity_type", To("crm_activities.activity_type")),
        ("subject", To("crm_activities.subject")),
        ("description", To("crm_activities.description")),
        ("status", To("crm_activities.status")),
        ("priority", To("crm_activities.priority")),
        ("due_date", To("crm_activities.due_date")),
        ("completed_at", To("crm_activities.completed_at")),
        ("assigned_to", To("crm_activities.assigned_to")),
        ("created_by", To("crm_activities.created_by")),
        ("metadata", To("crm_activities.metadata")),
        ("created_at", To("crm_activities.created_at")),
        ("updated_at", To("crm_activities.updated_at")),
    ],
    activity,
);

pub const NOTES: Table = table(
    "crm_notes",
    &[
        ("id", To("crm_notes.id")),
        ("organization_id", To("crm_notes.tenant_id")),
        ("client_id", To("crm_notes.client_id")),
        ("deal_id", To("crm_notes.deal_id")),
        ("title", To("crm_notes.title")),
        ("content", To("crm_notes.content")),
        ("note_type", To("crm_notes.note_type")),
        ("is_pinned", To("crm_notes.is_pinned")),
        ("tags", To("crm_notes.tags")),
        ("created_by", To("crm_notes.created_by")),
        ("created_at", To("crm_notes.created_at")),
        ("updated_at", To("crm_notes.updated_at")),
    ],
    note,
);

pub const TAGS: Table = table(
    "crm_tags",
    &[
        ("id", To("crm_tags.id")),
        ("organization_id", To("crm_tags.tenant_id")),
        ("name", To("crm_tags.name")),
        ("color", To("crm_tags.color")),
        ("category", To("crm_tags.category")),
        ("created_at", To("crm_tags.created_at")),
    ],
    tag,
);

const STAGES: [&str; 6] = [
    "prospecting",
    "qualification",
    "proposal",
    "negotiation",
    "closed_won",
    "closed_lost",
];

fn client(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let (created_at, updated_at) = times(row);
    let quality = row.choice("lead_quality", &["hot", "warm", "cold"]);
    let kinds = ["lead", "prospect", "customer", "partner", "inactive"];
    let stages = [
        "lead",
        "mql",
        "sql",
        "opportunity",
        "customer",
        "evangelist",
        "churned",
    ];
    let contact = scope.find_id("contacts", row.text("contact_id"), "");
    let assigned_to = scope.member(row, "assigned_to");
    let mut values = json!({
            "id": scope.id("crm_clients", &row.id, ""), "contact_id": contact,
            "client_type": row.choice("client_type", &kinds).unwrap_or("lead"), "company_name": row.text("company_name"),
            "email": row.text("email"), "phone": row.text("phone"), "secondary_phone": row.text("secondary_phone"),
            "address": row.object("address"), "ecommerce_customer_id": row.text("ecommerce_customer_id"), "source": row.text("source"),
            "source_details": row.object("source_details"), "utm_data": row.object("utm_data"),
            "lifecycle_stage": row.choice("lifecycle_stage", &stages).unwrap_or("lead"), "assigned_to": assigned_to, "tags": row.texts("tags"),
            "custom_fields": row.object("custom_fields").unwrap_or_default(), "platform_user_id": row.text("platform_user_id"),
            "first_contact_date": row.time("first_contact_date").unwrap_or_else(|| created_at.clone()),
            "last_contact_date": row.time("last_contact_date"), "next_follow_up_date": row.time("next_follow_up_date"),
            "created_at": created_at, "updated_at": updated_at,
    });
    // where nobody has said it, the score does
    if let Some(quality) = quality {
        values["lead_quality"] = json!(quality);
        values["is_quality_set"] = json!(true);
    }
    out.put("crm_clients", values);
    Ok(())
}

fn product(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let (created_at, updated_at) = times(row);
    let cost = row.has("cost").then(|| row.amount("cost"));
    out.put(
        "crm_products",
        json!({
            "id": scope.id("crm_products", &row.id, ""), "name": row.text("name").ok_or("it has no name")?,
            "description": row.text("description"), "sku": row.text("sku"), "category": row.text("category"),
            "price": row.amount("price"), "cost": cost, "currency": row.currency("currency"),
            "ecommerce_product_id": row.text("ecommerce_product_id"), "is_active": row.boolean("is_active", true),
            "custom_fields": row.object("custom_fields").unwrap_or_default(), "created_at": created_at, "updated_at": updated_at,
        }),
    );
    Ok(())
}

fn deal(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let client = row.text("client_id").ok_or("it belongs to no client")?;
    let (created_at, updated_at) = times(row);
    let stage = row.choice("stage", &STAGES).unwrap_or("prospecting");
    let changed_at = row.time("stage_changed_at").unwrap_or_else(|| updated_at.clone());
    let is_closed = stage.starts_with("closed");
    let mut closed_on = row.date("actual_close_date");
    if is_closed && closed_on.is_none() {
        closed_on = Some(changed_at.chars().take(10).collect());
        row.notes
            .push("actual_close_date: it is the day of its last change, as none was given".to_owned());
    }
    if !is_closed && closed_on.is_some() {
        row.keep("actual_close_date", "the deal is open");
    }
    if stage != "closed_lost" {
        row.keep_silently("lost_reason");
        row.keep_silently("lost_reason_details");
    }
    if stage != "closed_won" {
        row.keep_silently("won_reason");
    }
    let owner = scope.member(row, "owner_id");
    let probability = row.whole("probability").map(|percent| {
        if !(0..=100).contains(&percent) {
            row.keep("probability", "it lies between 0 and 100");
        }
        percent.clamp(0, 100)
    });
    let (products, is_whole) = lines(scope, &row.json("products"), false);
    if !is_whole {
        row.keep(
            "products",
            "the list of products has more to it than is shown here",
        );
    }
    out.put(
        "crm_deals",
        json!({
            "id": scope.id("crm_deals", &row.id, ""), "client_id": scope.id("crm_clients", &client, ""),
            "name": row.text("name").unwrap_or_else(|| "–".to_owned()), "description": row.text("description"),
            "deal_value": row.amount("deal_value"), "currency": row.currency("currency"), "stage": stage, "probability": probability,
            "expected_close_date": row.date("expected_close_date"), "actual_close_date": closed_on, "products": products,
            "owner_id": owner, "lost_reason": row.text("lost_reason"), "lost_reason_details": row.text("lost_reason_details"),
            "won_reason": row.text("won_reason"), "competitor": row.text("competitor"), "tags": row.texts("tags"),
            "custom_fields": row.object("custom_fields").unwrap_or_default(), "created_at": created_at, "updated_at": updated_at,
            "stage_changed_at": changed_at,
        }),
    );
    Ok(())
}

fn step(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let deal = row.text("deal_id").ok_or("it belongs to no deal")?;
    let to = row
        .choice("to_stage", &STAGES)
        .ok_or("it leads to no stage that is known here")?;
    let from = row.choice("from_stage", &STAGES);
    let changed_by = scope.member(row, "changed_by");
    out.put(
        "crm_deal_stages_history",
        json!({
            "id": scope.id("crm_deal_stages_history", &row.id, ""), "deal_id": scope.id("crm_deals", &deal, ""), "from_stage": from,
            "to_stage": to, "from_stage_name": from.map(label), "to_stage_name": label(to), "changed_by": changed_by,
            "notes": row.text("notes"), "created_at": times(row).0,
        }),
    );
    Ok(())
}

/// As the board calls a stage.
fn label(stage: &str) -> &'static str {
    match stage {
        "prospecting" => "Prospecting",
        "qualification" => "Qualification",
        "proposal" => "Proposal",
        "negotiation" => "Negotiation",
        "closed_won" => "Won",
        _ => "Lost",
    }
}

fn order(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let client = row.text("client_id").ok_or("it belongs to no client")?;
    let (created_at, updated_at) = times(row);
    let states = [
        "pending",
        "processing",
        "shipped",
        "delivered",
        "cancelled",
        "refunded",
    ];
    let (items, is_whole) = lines(scope, &row.json("items"), true);
    if !is_whole {
        row.keep("items", "the lines have more to them than is shown here");
    }
    let deal = scope.find_id("crm_deals", row.text("deal_id"), "");
    out.put(
        "crm_orders",
        json!({
            "id": scope.id("crm_orders", &row.id, ""), "client_id": scope.id("crm_clients", &client, ""), "deal_id": deal,
            "order_number": row.text("order_number").ok_or("it has no number")?, "ecommerce_order_id": row.text("ecommerce_order_id"),
            "subtotal": row.amount("subtotal"), "tax": row.amount("tax"), "shipping": row.amount("shipping"),
            "discount": row.amount("discount"), "total": row.amount("total"), "currency": row.currency("currency"),
            "status": row.choice("status", &states).unwrap_or("pending"), "items": items,
            "shipping_address": row.object("shipping_address"), "tracking_number": row.text("tracking_number"),
            "order_date": row.time("order_date").unwrap_or_else(|| created_at.clone()), "shipped_date": row.time("shipped_date"),
            "delivered_date": row.time("delivered_date"), "created_at": created_at, "updated_at": updated_at,
        }),
    );
    Ok(())
}

fn activity(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let (created_at, updated_at) = times(row);
    let kinds = [
        "call",
        "email",
        "meeting",
        "task",
        "note",
        "chatbot_interaction",
        "website_visit",
    ];
    let client = scope.find_id("crm_clients", row.text("client_id"), "");
    let deal = scope.find_id("crm_deals", row.text("deal_id"), "");
    let message = scope.find_id("messages", row.text("message_id"), "");
    let (assigned_to, created_by) = (scope.member(row, "assigned_to"), scope.member(row, "created_by"));
    let metadata = Some(row.json("metadata")).filter(|metadata| !is_empty(metadata));
    out.put(
        "crm_activities",
        json!({
            "id": scope.id("crm_activities", &row.id, ""), "client_id": client, "deal_id": deal, "message_id": message,
            "activity_type": row.choice("activity_type", &kinds).unwrap_or("note"),
            "subject": row.text("subject").unwrap_or_else(|| "–".to_owned()), "description": row.text("description"),
            "status": row.choice("status", &["pending", "completed", "cancelled"]).unwrap_or("pending"),
            "priority": row.choice("priority", &["low", "medium", "high", "urgent"]), "due_date": row.time("due_date"),
            "completed_at": row.time("completed_at"), "assigned_to": assigned_to, "created_by": created_by,
            "metadata": metadata.unwrap_or_else(|| json!({})), "created_at": created_at, "updated_at": updated_at,
        }),
    );
    Ok(())
}

fn note(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let (created_at, updated_at) = times(row);
    let kinds = ["general", "call_log", "meeting_summary", "important"];
    let client = scope.find_id("crm_clients", row.text("client_id"), "");
    let deal = scope.find_id("crm_deals", row.text("deal_id"), "");
    let created_by = scope.member(row, "created_by");
    out.put(
        "crm_notes",
        json!({
            "id": scope.id("crm_notes", &row.id, ""), "client_id": client, "deal_id": deal, "title": row.text("title"),
            "content": row.text("content").ok_or("it has no text")?, "note_type": row.choice("note_type", &kinds).unwrap_or("general"),
            "is_pinned": row.boolean("is_pinned", false), "tags": row.texts("tags"), "created_by": created_by,
            "created_at": created_at, "updated_at": updated_at,
        }),
    );
    Ok(())
}

fn tag(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let is_color = |color: &String| {
        color.len() == 7 && color.starts_with('#') && color[1..].bytes().all(|b| b.is_ascii_hexdigit())
    };
    let color = row.text("color").filter(is_color);
    if color.is_none() && row.value("color") != &Value::Null {
        row.keep("color", "this is no colour");
    }
    out.put(
        "crm_tags",
        json!({
            "id": scope.id("crm_tags", &row.id, ""), "name": row.text("name").ok_or("it has no name")?,
            "color": color.unwrap_or_else(|| "#3B82F6".to_owned()), "category": row.text("category"), "created_at": times(row).0,
        }),
    );
    Ok(())
}
