/** Words for what the server calls by a code. */
import { language, t } from '../../i18n/index.svelte';

export function languageName(code: string | null | undefined): string {
  if (!code) return t('knowledge.languageUnknown');
  try {
    return new Intl.DisplayNames([language()], { type: 'language' }).of(code) ?? code;
  } catch {
    return code;
  }
}

export function sourceName(source: string | null | undefined): string {
  switch (source) {
    case 'manual':
      return t('knowledge.sourceManual');
    case 'csv_import':
      return t('knowledge.sourceCsv');
    case 'transcript_extraction':
      return t('knowledge.sourceTranscript');
    case 'template':
      return t('knowledge.sourceTemplate');
    case 'gap':
      return t('knowledge.sourceGap');
    default:
      return source ?? '';
  }
}
