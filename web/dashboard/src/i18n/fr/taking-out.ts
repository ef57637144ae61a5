/** Taking data out, and deleting it by age: French. */
export const takingOut = {
  'export.title': 'Export',
  'export.hint':
    'Tout cet espace de travail dans un seul fichier : conversations, clients, connaissances, réglages et fichiers. Les clés, mots de passe et autres secrets restent ici. Une autre installation peut le reprendre.',
  'export.begin': 'Exporter l’espace de travail',
  'export.again': 'Exporter à nouveau',
  'export.waiting': 'L’export commence dans un instant.',
  'export.running': 'Écriture : {done} tables sur {all}.',
  'export.failed':
    'L’export n’a pas pu être écrit. Réessayez, ou demandez à l’exploitant de consulter le journal.',
  'export.done': 'Demandé par {name}, {size}. Conservé jusqu’au {until}.',
  'export.download': 'Télécharger',
  'export.digest': 'Empreinte du contenu',
  'person.export': 'Exporter',
  'person.exportThis': 'Exporter les données de cette personne',
  'retention.title': 'Supprimer selon l’âge',
  'retention.days': 'Garder les conversations résolues pendant',
  'retention.note': 'jours',
  'retention.hint':
    'Ensuite elles sont supprimées avec leurs fichiers, pour tous, sans retour possible. Contacts et clients restent. Vide : jusqu’à ce que vous effaciez quelqu’un.',
  'retention.never': 'sans limite',
  'retention.due': {
    one: 'Une conversation avec {files} fichiers serait supprimée dans le quart d’heure.',
    other: '{count} conversations avec {files} fichiers seraient supprimées dans le quart d’heure.',
  },
  'retention.none': 'Rien n’est encore aussi ancien.',
};
