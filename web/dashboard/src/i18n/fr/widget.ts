export const widget = {
  'install.title': 'Installer',
  'install.step1': 'Mettez le chat sur votre site',
  'install.step1Hint':
    'Collez cette ligne dans chaque page, juste avant la balise de fin du corps. La page n’a besoin de rien d’autre : ni cookie, ni feuille de style.',
  'install.step2': 'Ouvrez une page de votre site',
  'install.step2Hint': 'Posez une question. La conversation apparaît aussitôt dans la réception.',
  'install.copy': 'Copier',
  'install.copied': 'Copié',
  'install.copyFailed':
    'Le navigateur n’a pas permis la copie. Sélectionnez le texte et copiez-le à la main.',
  'install.key': 'Clé du canal',
  'install.keyHint': 'Publique : elle dit seulement quel chat ouvrir.',
  'install.tag': 'Balise script',
  'install.sites': 'Sites qui peuvent l’afficher',
  'install.anySite': 'Tous les sites.',
  'install.none': 'Cet espace n’a pas encore de chat web',
  'install.noneHint':
    'Un canal de type « widget » est créé avec l’espace. Demandez à un administrateur d’en ajouter un.',
} as const;
