/** Words of sales that all of its pages share; see `lib/crm/words.ts`. */
export const crm = {
  'crm.removeTag': 'Remove the tag {name}',
  'crm.addTag': 'Add a tag',

  'clientType.lead': 'Lead',
  'clientType.prospect': 'Prospect',
  'clientType.customer': 'Customer',
  'clientType.partner': 'Partner',
  'clientType.inactive': 'Inactive',

  'lifecycle.lead': 'Lead',
  'lifecycle.mql': 'Marketing qualified',
  'lifecycle.sql': 'Sales qualified',
  'lifecycle.opportunity': 'Opportunity',
  'lifecycle.customer': 'Customer',
  'lifecycle.evangelist': 'Advocate',
  'lifecycle.churned': 'Lost',

  'leadQuality.hot': 'Hot',
  'leadQuality.warm': 'Warm',
  'leadQuality.cold': 'Cold',

  'activityType.task': 'Task',
  'activityType.call': 'Call',
  'activityType.email': 'E-mail',
  'activityType.meeting': 'Meeting',
  'activityType.note': 'Note',
  'activityType.chatbot_interaction': 'Chat with the bot',
  'activityType.website_visit': 'Visit of the web site',

  'activityStatus.pending': 'To do',
  'activityStatus.completed': 'Done',
  'activityStatus.cancelled': 'Cancelled',

  'priority.low': 'Low',
  'priority.medium': 'Medium',
  'priority.high': 'High',
  'priority.urgent': 'Urgent',

  'noteType.general': 'Note',
  'noteType.call_log': 'Call log',
  'noteType.meeting_summary': 'Meeting summary',
  'noteType.important': 'Important',

  'fieldType.text': 'Text',
  'fieldType.number': 'Number',
  'fieldType.date': 'Date',
  'fieldType.boolean': 'Yes or no',
  'fieldType.choice': 'Choice',
  'fieldType.url': 'Web address',

  'dealStage.prospecting': 'Prospecting',
  'dealStage.qualification': 'Qualification',
  'dealStage.proposal': 'Proposal',
  'dealStage.negotiation': 'Negotiation',
  'dealStage.closed_won': 'Won',
  'dealStage.closed_lost': 'Lost',

  'orderStatus.pending': 'Pending',
  'orderStatus.processing': 'Processing',
  'orderStatus.shipped': 'Shipped',
  'orderStatus.delivered': 'Delivered',
  'orderStatus.cancelled': 'Cancelled',
  'orderStatus.refunded': 'Refunded',
} as const;
