/** Reasons that the server gives by code: the sentence of each. */
export const reasons = {
  'reason.address_noted': 'The person’s new address was noted.',
  'reason.address_refused': 'This server does not call that address.',
  'reason.address_unknown': 'Nobody here has the old address.',
  'reason.api_bad_secret': 'The secret must be whsec_ and the base64 of 24 to 64 random bytes.',
  'reason.api_ping_refused': 'The address answers a signed ping with status {status}.',
  'reason.bad_header': 'The header for the workflow cannot be used. Set it again.',
  'reason.being_sent': 'Something is being sent: this may be about it.',
  'reason.channel_broken': 'The channel’s credentials do not work. Reconnect it to send.',
  'reason.channel_paused': 'The channel is paused: replies wait until it is resumed.',
  'reason.connection_broke': 'The connection broke before the workflow answered. It may have run.',
  'reason.crisp_no_website': 'Check the website id.',
  'reason.crisp_refused': 'Check identifier, key and kind of token.',
  'reason.cut_off': 'The connection broke before the answer was complete.',
  'reason.events_failed': 'Some events could not be worked on: see “Events received”.',
  'reason.events_wait': 'Events wait for more than a minute.',
  'reason.failed': 'The workflow failed.',
  'reason.file_elsewhere': 'The file is kept at an address that is not the vendor’s.',
  'reason.file_gone': 'The vendor no longer has the file ({status}): such links run out.',
  'reason.file_status': 'The file’s address answers with status {status}.',
  'reason.file_too_large': 'The file is too large to be kept here.',
  'reason.file_withheld': 'The vendor does not hand out this file.',
  'reason.ids_long': 'The id of its thread or of its account is longer than 500 bytes.',
  'reason.ids_unfit': 'Its ids hold the character U+0000.',
  'reason.instagram_other_account':
    'The token belongs to {name} ({id}), not to the account {account}. Enter that id, or make a token of the account.',
  'reason.internal': 'An internal error; the server’s log says more.',
  'reason.late': 'The answer came too late and was not sent.',
  'reason.messenger_other_page':
    'The token belongs to {name} ({id}), not to the page {page}. Make a token of the page itself.',
  'reason.meta_bad_token': 'Make a new access token and enter it.',
  'reason.meta_later': 'Meta answered {status}: ask again later.',
  'reason.meta_not_allowed': 'The access token lacks a permission.',
  'reason.meta_not_graph': 'What answered ({status}) is not the Graph API: check the API address.',
  'reason.meta_other_app':
    'The app secret is not that of the app which the access token belongs to. Copy both from the same app.',
  'reason.meta_token_over': 'The access token is no longer valid. Make a new one and enter it.',
  'reason.no_channel': 'No channel is connected to the account {account}.',
  'reason.no_connection': 'No connection to the workflow came about.',
  'reason.no_conversation': 'There is no conversation with this person yet.',
  'reason.no_public_address':
    'The server does not know its public address, so the vendor could not be told where to send messages. Set RAPPORT_PUBLIC_URL and test again.',
  'reason.no_such_message': 'It is about a message that is not here.',
  'reason.no_text': 'There was no text in the workflow’s answer.',
  'reason.not_from_here': 'It is about a message that was not sent from here.',
  'reason.not_known_yet': 'The message that it is about is not known yet.',
  'reason.not_needed': 'There is nothing to do about this.',
  'reason.nothing_in_it': 'There was nothing in it.',
  'reason.nothing_later':
    'The workflow was started, but sent no answer to replyUrl within {seconds} s.',
  'reason.only_started':
    'The workflow says that it was started. Whether it answers later cannot be tried here.',
  'reason.own_words': 'Our own words.',
  'reason.permission_missing': 'The permission {name} is missing.',
  'reason.person_back': 'The person takes messages again.',
  'reason.person_blocked': 'The team has blocked this person.',
  'reason.person_left': 'The person does not want to hear from us any more.',
  'reason.replies_failed': 'Some replies did not go, or may not have gone.',
  'reason.replies_wait':
    'Replies wait for more than a minute: {count}. They are tried again by themselves for a day. If it goes on, test the channel: the test says what is wrong.',
  'reason.said_elsewhere': 'Said in the vendor’s own inbox.',
  'reason.server_died': 'The server died while it worked on this, too often.',
  'reason.status': 'The workflow answered with the status {status}.',
  'reason.telegram_bad_token': 'Copy the bot’s token from @BotFather again.',
  'reason.telegram_needs_address':
    'Telegram needs an address that it can reach: set the server’s public address first.',
  'reason.telegram_no_address':
    'Telegram sends no messages here yet: test the channel to tell it the address.',
  'reason.telegram_not_delivered': 'Telegram could not deliver a message here ({at}).',
  'reason.telegram_not_everything':
    'Telegram does not send everything that is needed. Testing the channel changes that.',
  'reason.telegram_other_address':
    'Telegram sends the bot’s messages to another address. Testing the channel changes that.',
  'reason.tidio_other_project':
    'Client id and secret belong to another project than the public key: its events will be refused.',
  'reason.tidio_plan': 'Tidio’s plan must include the OpenAPI.',
  'reason.tidio_refused': 'Check client id and secret.',
  'reason.timeout': 'The workflow did not answer within {seconds} s.',
  'reason.no_new_token': 'Meta’s answer to the request for a new token holds none.',
  'reason.token_ends':
    'The access token runs out on {day}. Get a new one and reconnect before that.',
  'reason.token_not_renewed':
    'The access token could not be renewed, which is tried again every day.',
  'reason.token_over': 'The access token ran out on {day}. Get a new one and reconnect.',
  'reason.too_large': 'The answer is larger than 1 MB.',
  'reason.unknown_kind': 'Nothing is known of such events.',
  'reason.unreadable': 'This is not what the vendor’s notes say.',
  'reason.vendor_unreachable': 'The vendor could not be reached.',
  'reason.whatsapp_low_quality':
    'WhatsApp rates the number’s quality as low: people block or report it.',
  'reason.whatsapp_name_not_approved':
    'WhatsApp has not approved the display name: see WhatsApp Manager → Phone numbers.',
  'reason.whatsapp_other_account':
    'The number is not one of the WhatsApp Business account {account}: templates would be another account’s.',
} as const;
