export const documents = {
  'documents.title': 'Documents',
  'documents.parts': 'Parties des connaissances',
  'documents.add': 'Ajouter des fichiers',
  'documents.search': 'Filtrer par titre ou nom de fichier',
  'documents.kinds':
    'PDF, Word, tableurs, présentations, HTML, Markdown, texte et CSV, jusqu’à 20 Mo chacun.',
  'documents.empty': 'Aucun document pour l’instant',
  'documents.emptyHint':
    'Déposez des fichiers n’importe où sur cette page, ou choisissez-les. Ils sont lus, et servent à répondre aux visiteurs.',
  'documents.emptyViewer': 'Les fichiers que vos collègues ajoutent apparaissent ici.',
  'documents.emptyFilter': 'Aucun document ne contient ces mots',
  'documents.clearFilter': 'Tout afficher',
  'documents.dropHere': 'Déposez les fichiers pour les ajouter',
  'documents.noFolders':
    'Les dossiers ne peuvent pas être ajoutés. Déposez les fichiers qu’ils contiennent.',
  'documents.tooLarge': 'Le fichier dépasse 20 Mo. Divisez-le, ou retirez les images.',

  'documents.uploads': 'Fichiers en cours d’envoi',
  'documents.uploading': {
    one: '{count} fichier en cours d’envoi',
    other: '{count} fichiers en cours d’envoi',
  },
  'documents.uploadOf': 'Envoi de {name}',
  'documents.uploadWaits': 'Attend son tour',
  'documents.removeUpload': 'Ne pas envoyer {name}',
  'documents.newVersion': 'Nouvelle version d’un document',

  'documents.name': 'Titre',
  'documents.size': 'Taille',
  'documents.pages': 'Pages',
  'documents.pageCount': { one: '{count} page', other: '{count} pages' },
  'documents.waiting': 'En attente',
  'documents.reading': 'Lecture',
  'documents.ready': 'Prêt',
  'documents.failed': 'Échec',
  'documents.passageCount': { one: '{count} passage', other: '{count} passages' },
  'documents.readSoFar': '{done} passages sur {total}',
  'documents.earlier': 'Une version antérieure répond en attendant.',

  'documents.download': 'Télécharger l’original',
  'documents.webPage': 'Ouvrir la page web',
  'documents.replace': 'Remplacer le fichier',
  'documents.deleteTitle': 'Supprimer « {title} » ?',
  'documents.deleteText':
    'Il ne sert plus à répondre, et son fichier est supprimé. C’est définitif.',
  'documents.sections': 'Parties du document',
  'documents.passages': 'Passages',
  'documents.noPassages': 'Il n’y a pas de passages avant qu’il soit lu.',
  'documents.page': 'p. {page}',
} as const;
