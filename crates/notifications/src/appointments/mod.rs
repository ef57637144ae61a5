//! Mails about meetings and activities: invitations that calendars read, their changes, and reminders.
//!
//! As with notices, each look finds what is to be told by its own state: a meeting whose `sequence` calendars were not sent
//! yet, one that begins soon, an activity whose time has come. It is marked in the transaction in which the mail is written.
//! Meetings that were booked with a vendor are told by the vendor.
//!
//! An invitation goes to an address that a visitor may only have typed. So it holds nothing that the visitor has written,
//! and an address gets few a day.

pub mod store;

use access::tenants;
use conversations::meetings::Status;
use conversations::settings::hours::{Tz, find_zone};
use kernel::ids::UserId;
use kernel::{Result, TenantProof, TenantTx};
use lettre::message::Mailbox;

use crate::choices::store::Reader;
use crate::choices::{self, Pace};
use crate::ics::{self, Method};
use crate::outbox::{self, Kind, NewEmail};
use crate::wording::meetings::{self as wording, Occasion};
use crate::{Context, settings};
use store::{Activity, Appointment};

/// What every mail of a look is made from.
struct Desk {
    tenant: tenants::Tenant,
    zone: Tz,
    sender: Mailbox,
    readers: Vec<Reader>,
    public_url: Option<String>,
}

/// Whom a mail goes to.
enum Recipient<'a> {
    Visitor(&'a str),
    Member(&'a Reader),
}

pub async fn look(ctx: &Context, proof: &impl TenantProof) -> Result<()> {
    let mut tx = ctx.db.tenant(proof).await?;
    let now = tx.now();
    if !store::has_any(&mut tx, now).await? {
        return Ok(());
    }
    let Some(server) = settings::find_server(ctx, &mut tx).await? else {
        return Ok(());
    };
    let manner = store::find_manner(&mut tx).await?;
    let tenant = tenants::store::get(&mut tx).await?;
    let zone = manner
        .as_ref()
        .map_or(&tenant.time_zone, |manner| &manner.time_zone);
    let desk = Desk {
        zone: find_zone(zone).unwrap_or(Tz::UTC),
        tenant,
        sender: server.from,
        readers: choices::store::list(&mut tx, None, now).await?,
        public_url: ctx.public_url.clone(),
    };
    if let Some(manner) = manner {
        desk.invite(&mut tx).await?;
        if let Some(minutes) = manner.reminder_minutes {
            desk.remind(&mut tx, minutes).await?;
        }
    }
    desk.remind_of_activities(&mut tx).await?;
    tx.commit().await
}

impl Desk {
    async fn invite(&self, tx: &mut TenantTx) -> Result<()> {
        for meeting in store::lock_untold(tx).await? {
            let occasion = match (meeting.status, meeting.is_known) {
                (Status::Scheduled | Status::Rescheduled, false) => Some(Occasion::Invited),
                (Status::Scheduled | Status::Rescheduled, true) => Some(Occasion::Changed),
                (Status::Cancelled, true) => Some(Occasion::Cancelled),
                _ => None,
            };
            let host = meeting.assigned_to.filter(|_| meeting.status.is_ahead());
            if let Some(occasion) = occasion {
                self.tell_all(tx, &meeting, occasion).await?;
                self.tell_former_host(tx, &meeting, occasion).await?;
            }
            store::note_told(tx, &meeting, host).await?;
        }
        Ok(())
    }

    async fn remind(&self, tx: &mut TenantTx, minutes: i32) -> Result<()> {
        for meeting in store::lock_to_remind(tx, minutes).await? {
            self.tell_all(tx, &meeting, Occasion::Reminded).await?;
            store::note_reminded(tx, meeting.id).await?;
        }
        Ok(())
    }

    async fn tell_all(&self, tx: &mut TenantTx, meeting: &Appointment, occasion: Occasion) -> Result<()> {
        if let Some(address) = &meeting.attendee_email {
            self.tell(tx, meeting, occasion, &Recipient::Visitor(address))
                .await?;
        }
        if let Some(reader) = self.reader(meeting.assigned_to) {
            // who takes over a meeting has not been invited before
            let is_new = meeting.invited_user != meeting.assigned_to;
            let occasion = match occasion {
                Occasion::Changed if is_new => Occasion::Invited,
                Occasion::Cancelled if is_new => return Ok(()),
                other => other,
            };
            self.tell(tx, meeting, occasion, &Recipient::Member(reader))
                .await?;
        }
        Ok(())
    }

    /// Whose meeting it was before has it in the calendar still.
    async fn tell_former_host(
        &self,
        tx: &mut TenantTx,
        meeting: &Appointment,
        occasion: Occasion,
    ) -> Result<()> {
        let is_another = meeting.invited_user != meeting.assigned_to;
        let former = meeting
            .invited_user
            .filter(|_| is_another && matches!(occasion, Occasion::Changed | Occasion::Cancelled));
        if let Some(reader) = self.reader(former) {
            self.tell(tx, meeting, Occasion::Cancelled, &Recipient::Member(reader))
                .await?;
        }
        Ok(())
    }

    /// Members who want no mails get none.
    fn reader(&self, user: Option<UserId>) -> Option<&Reader> {
        let user = user?;
        let mut readers = self.readers.iter();
        readers.find(|reader| reader.user_id == user && reader.choices.pace != Pace::Never)
    }

    async fn tell(
        &self,
        tx: &mut TenantTx,
        meeting: &Appointment,
        occasion: Occasion,
        to: &Recipient<'_>,
    ) -> Result<()> {
        let host = meeting.assigned_to.and_then(|user| {
            let mut readers = self.readers.iter();
            readers.find(|reader| reader.user_id == user)
        });
        let language = match to {
            Recipient::Visitor(_) => meeting.language.as_deref(),
            Recipient::Member(_) => None,
        };
        let told = wording::Told {
            workspace: &self.tenant.name,
            language: language.unwrap_or(&self.tenant.language),
            zone: self.zone,
            title: &meeting.title,
            starts_at: meeting.scheduled_at,
            ends_at: meeting.ends_at,
            url: meeting.meeting_url.as_deref(),
            host: host.map(|reader| reader.name.as_str()),
            visitor: match to {
                Recipient::Visitor(_) => None,
                Recipient::Member(_) => Some((
                    meeting.attendee_name.as_deref(),
                    meeting.attendee_email.as_deref(),
                )),
            },
            link: match to {
                Recipient::Visitor(_) => None,
                Recipient::Member(_) => self.link(meeting),
            },
        };
        let (subject, body) = wording::mail(&told, occasion);
        let (kind, user, address, name, who) = match to {
            Recipient::Visitor(address) => (
                Kind::Invitation,
                None,
                (*address).to_owned(),
                None,
                "visitor".to_owned(),
            ),
            Recipient::Member(reader) => {
                let (name, who) = (Some(reader.name.clone()), reader.user_id.to_string());
                (
                    Kind::Meeting,
                    Some(reader.user_id),
                    reader.email.clone(),
                    name,
                    who,
                )
            }
        };
        let dedupe_key = match occasion {
            Occasion::Reminded => format!(
                "reminder/{}/{}/{who}",
                meeting.id,
                meeting.scheduled_at.timestamp()
            ),
            _ => format!("meeting/{}/{}/{who}", meeting.id, meeting.sequence),
        };
        let calendar = self.calendar(tx, meeting, occasion, &address, &told);
        let mail = NewEmail {
            kind,
            dedupe_key,
            user,
            conversation: meeting.conversation_id,
            to_address: address,
            to_name: name,
            subject,
            body,
            unsubscribe_url: None,
            calendar,
        };
        outbox::put(tx, &mail).await?;
        Ok(())
    }

    fn calendar(
        &self,
        tx: &TenantTx,
        meeting: &Appointment,
        occasion: Occasion,
        address: &str,
        told: &wording::Told<'_>,
    ) -> Option<String> {
        let method = match occasion {
            Occasion::Invited | Occasion::Changed => Method::Request,
            Occasion::Cancelled => Method::Cancel,
            Occasion::Reminded => return None,
        };
        let from = self.sender.email.to_string();
        Some(ics::write(&ics::Event {
            method,
            uid: &meeting.ical_uid,
            sequence: meeting.sequence,
            written_at: tx.now(),
            starts_at: meeting.scheduled_at,
            ends_at: meeting.ends_at,
            summary: &wording::summary(told),
            description: &wording::details(told),
            url: meeting.meeting_url.as_deref(),
            organizer: (&self.tenant.name, &from),
            attendee: address,
        }))
    }

    fn link(&self, meeting: &Appointment) -> Option<String> {
        let (base, slug) = (self.public_url.as_ref()?, &self.tenant.slug);
        Some(match meeting.conversation_id {
            Some(conversation) => format!("{base}/app/{slug}/inbox/{conversation}"),
            None => format!("{base}/app/{slug}/meetings"),
        })
    }

    async fn remind_of_activities(&self, tx: &mut TenantTx) -> Result<()> {
        for activity in store::lock_activities(tx).await? {
            if let Some(reader) = self.reader(activity.assigned_to) {
                outbox::put(tx, &self.reminder(&activity, reader)).await?;
            }
            store::note_activity(tx, activity.id).await?;
        }
        Ok(())
    }

    fn reminder(&self, activity: &Activity, reader: &Reader) -> NewEmail {
        let link = self.public_url.as_ref().map(|base| {
            let page = match activity.client_id {
                Some(client) => format!("clients/{client}"),
                None => "activities".to_owned(),
            };
            format!("{base}/app/{}/{page}", self.tenant.slug)
        });
        let (subject, body) = wording::activity(
            &self.tenant,
            self.zone,
            &activity.subject,
            activity.due_date,
            activity.client_name.as_deref(),
            link.as_deref(),
        );
        NewEmail {
            kind: Kind::Activity,
            dedupe_key: format!(
                "activity/{}/{}",
                activity.id,
                activity.remind_at.timestamp_micros()
            ),
            user: Some(reader.user_id),
            conversation: None,
            to_address: reader.email.clone(),
            to_name: Some(reader.name.clone()),
            subject,
            body,
            unsubscribe_url: None,
            calendar: None,
        }
    }
}
