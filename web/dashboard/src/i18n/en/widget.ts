export const widget = {
  'install.title': 'Install',
  'install.step1': 'Put the chat on your site',
  'install.step1Hint':
    'Paste this line into every page, just before the closing body tag. The page needs nothing else: no cookie, no style sheet.',
  'install.step2': 'Open a page of your site',
  'install.step2Hint': 'Ask something. The conversation shows up in the inbox at once.',
  'install.copy': 'Copy',
  'install.copied': 'Copied',
  'install.copyFailed': 'The browser did not allow copying. Select the text and copy it by hand.',
  'install.key': 'Channel key',
  'install.keyHint': 'Public: it only says which chat to open.',
  'install.tag': 'Script tag',
  'install.sites': 'Sites that may show it',
  'install.anySite': 'Any site.',
  'install.none': 'This workspace has no web chat yet',
  'install.noneHint':
    'A channel of kind “widget” is made with the workspace. Ask an administrator to add one.',
} as const;
