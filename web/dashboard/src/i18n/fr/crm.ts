/** Les mots de la vente que toutes ses pages partagent. */
export const crm = {
  'crm.removeTag': 'Retirer l’étiquette {name}',
  'crm.addTag': 'Ajouter une étiquette',

  'clientType.lead': 'Piste',
  'clientType.prospect': 'Prospect',
  'clientType.customer': 'Client',
  'clientType.partner': 'Partenaire',
  'clientType.inactive': 'Inactif',

  'lifecycle.lead': 'Piste',
  'lifecycle.mql': 'Qualifié marketing',
  'lifecycle.sql': 'Qualifié vente',
  'lifecycle.opportunity': 'Opportunité',
  'lifecycle.customer': 'Client',
  'lifecycle.evangelist': 'Ambassadeur',
  'lifecycle.churned': 'Perdu',

  'leadQuality.hot': 'Chaud',
  'leadQuality.warm': 'Tiède',
  'leadQuality.cold': 'Froid',

  'activityType.task': 'Tâche',
  'activityType.call': 'Appel',
  'activityType.email': 'E-mail',
  'activityType.meeting': 'Rendez-vous',
  'activityType.note': 'Note',
  'activityType.chatbot_interaction': 'Échange avec le bot',
  'activityType.website_visit': 'Visite du site',

  'activityStatus.pending': 'À faire',
  'activityStatus.completed': 'Fait',
  'activityStatus.cancelled': 'Annulé',

  'priority.low': 'Basse',
  'priority.medium': 'Moyenne',
  'priority.high': 'Haute',
  'priority.urgent': 'Urgente',

  'noteType.general': 'Note',
  'noteType.call_log': 'Compte rendu d’appel',
  'noteType.meeting_summary': 'Compte rendu de rendez-vous',
  'noteType.important': 'Important',

  'fieldType.text': 'Texte',
  'fieldType.number': 'Nombre',
  'fieldType.date': 'Date',
  'fieldType.boolean': 'Oui ou non',
  'fieldType.choice': 'Choix',
  'fieldType.url': 'Adresse web',

  'dealStage.prospecting': 'Prospection',
  'dealStage.qualification': 'Qualification',
  'dealStage.proposal': 'Proposition',
  'dealStage.negotiation': 'Négociation',
  'dealStage.closed_won': 'Gagnée',
  'dealStage.closed_lost': 'Perdue',

  'orderStatus.pending': 'En attente',
  'orderStatus.processing': 'En préparation',
  'orderStatus.shipped': 'Expédiée',
  'orderStatus.delivered': 'Livrée',
  'orderStatus.cancelled': 'Annulée',
  'orderStatus.refunded': 'Remboursée',
};
