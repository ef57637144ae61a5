export const auth = {
  'auth.signIn': 'Sign in',
  'auth.signInTitle': 'Sign in to Rapport',
  'auth.signUp': 'Create account',
  'auth.signUpTitle': 'Create your workspace',
  'auth.signUpHint': 'Your knowledge, your server. It takes a minute.',
  'auth.email': 'E-mail',
  'auth.password': 'Password',
  'auth.passwordHint': 'At least 10 characters. A sentence works well.',
  'auth.name': 'Your name',
  'auth.business': 'Business name',
  'auth.noAccount': 'New here?',
  'auth.hasAccount': 'Already have an account?',
} as const;
