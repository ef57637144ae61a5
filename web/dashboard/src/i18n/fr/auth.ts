export const auth = {
  'auth.signIn': 'Se connecter',
  'auth.signInTitle': 'Se connecter à Rapport',
  'auth.signUp': 'Créer le compte',
  'auth.signUpTitle': 'Créez votre espace',
  'auth.signUpHint': 'Vos connaissances, votre serveur. Une minute suffit.',
  'auth.email': 'E-mail',
  'auth.password': 'Mot de passe',
  'auth.passwordHint': 'Au moins 10 caractères. Une phrase convient bien.',
  'auth.name': 'Votre nom',
  'auth.business': 'Nom de l’entreprise',
  'auth.noAccount': 'Nouveau ici ?',
  'auth.hasAccount': 'Déjà un compte ?',
  'auth.join': 'Rejoindre un espace',
  'auth.codeTitle': 'Saisissez votre code',
  'auth.codeHint':
    'Les six chiffres de votre application d’authentification, ou un code de secours.',
  'auth.startOver': 'Se connecter avec un autre compte',
} as const;
