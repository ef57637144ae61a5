//! How much a visitor, an address and a tenant may write. Keys are what the server sees, not what a client claims.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use kernel::Result;
use kernel::client_ip::ClientIp;
use kernel::ids::{ContactId, ConversationId, TenantId};
use kernel::limits::{Limiter, Place, Places};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::token::Visitor;

/// The numbers; 0 switches a limit off.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(default)]
pub struct LimitSettings {
    pub messages_per_visitor_minute: usize,
    pub messages_per_visitor_hour: usize,
    pub new_conversations_per_address_hour: usize,
    pub messages_per_tenant_minute: usize,
    /// From one address to one tenant, over all visitors: an office shares it, an attacker cannot use up the tenant's.
    pub messages_per_address_minute: usize,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            messages_per_visitor_minute: 10,
            messages_per_visitor_hour: 60,
            new_conversations_per_address_hour: 30,
            messages_per_tenant_minute: 300,
            messages_per_address_minute: 60,
        }
    }
}

/// One browser holds one stream for all its tabs.
const STREAMS_OF_A_VISITOR: usize = 10;
/// An office shares an address.
const STREAMS_OF_AN_ADDRESS: usize = 200;

/// Files of one visitor and of one address in an hour: the room is the tenant's, and an attacker's would fill it.
const UPLOADS_OF_A_VISITOR: usize = 20;
const UPLOADS_OF_AN_ADDRESS: usize = 60;

/// The counters. Clones share them.
#[derive(Clone)]
pub struct WidgetLimits(Arc<Counters>);

struct Counters {
    visitor_minute: Limiter<ContactId>,
    visitor_hour: Limiter<ContactId>,
    address_hour: Limiter<(TenantId, IpAddr)>,
    address_minute: Limiter<(TenantId, IpAddr)>,
    tenant_minute: Limiter<TenantId>,
    visitor_uploads: Limiter<ContactId>,
    address_uploads: Limiter<(TenantId, IpAddr)>,
    visitor_streams: Places<ContactId>,
    address_streams: Places<(TenantId, IpAddr)>,
    /// Conversations that have been counted as new.
    begun: Mutex<HashSet<ConversationId>>,
}

/// What a live stream holds.
pub struct StreamPlaces {
    _visitor: Place<ContactId>,
    _address: Place<(TenantId, IpAddr)>,
}

impl WidgetLimits {
    pub fn new(settings: LimitSettings) -> Self {
        Self(Arc::new(Counters {
            visitor_minute: Limiter::new(settings.messages_per_visitor_minute, TimeDelta::minutes(1)),
            visitor_hour: Limiter::new(settings.messages_per_visitor_hour, TimeDelta::hours(1)),
            address_hour: Limiter::new(settings.new_conversations_per_address_hour, TimeDelta::hours(1)),
            tenant_minute: Limiter::new(settings.messages_per_tenant_minute, TimeDelta::minutes(1)),
            address_minute: Limiter::new(settings.messages_per_address_minute, TimeDelta::minutes(1)),
            visitor_uploads: Limiter::new(UPLOADS_OF_A_VISITOR, TimeDelta::hours(1)),
            address_uploads: Limiter::new(UPLOADS_OF_AN_ADDRESS, TimeDelta::hours(1)),
            visitor_streams: Places::new(STREAMS_OF_A_VISITOR),
            address_streams: Places::new(STREAMS_OF_AN_ADDRESS),
            begun: Mutex::new(HashSet::new()),
        }))
    }

    /// Counts a live stream for as long as its places are kept: each reads what is new by itself.
    pub fn take_stream(
        &self,
        tenant: TenantId,
        address: ClientIp,
        visitor: ContactId,
    ) -> Result<StreamPlaces> {
        Ok(StreamPlaces {
            _visitor: self.0.visitor_streams.take(visitor)?,
            _address: self.0.address_streams.take((tenant, address.network()))?,
        })
    }

    /// Counts a file that a visitor is about to send.
    pub fn check_upload(
        &self,
        tenant: TenantId,
        address: ClientIp,
        visitor: &Visitor,
        now: DateTime<Utc>,
    ) -> Result<()> {
        self.0.address_uploads.check((tenant, address.network()), now)?;
        self.0.visitor_uploads.check(visitor.contact_id, now)
    }

    /// Counts what a visitor is about to write.
    pub fn check(
        &self,
        tenant: TenantId,
        address: ClientIp,
        visitor: &Visitor,
        now: DateTime<Utc>,
    ) -> Result<()> {
        // the address first: what it is refused must not use up the tenant's share
        if !visitor.has_begun {
            self.check_new_conversation(tenant, address, visitor.conversation_id, now)?;
        }
        self.0.visitor_minute.check(visitor.contact_id, now)?;
        self.0.visitor_hour.check(visitor.contact_id, now)?;
        self.0.address_minute.check((tenant, address.network()), now)?;
        self.0.tenant_minute.check(tenant, now)
    }

    /// Counts the first message of a conversation against its address.
    fn check_new_conversation(
        &self,
        tenant: TenantId,
        address: ClientIp,
        id: ConversationId,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let mut begun = self.0.begun.lock();
        if begun.contains(&id) {
            return Ok(());
        }
        self.0.address_hour.check((tenant, address.network()), now)?;
        if begun.len() > 50_000 {
            begun.clear();
        }
        begun.insert(id);
        Ok(())
    }
}
