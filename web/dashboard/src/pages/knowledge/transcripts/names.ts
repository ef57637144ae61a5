/** How things of this page are called. */
import type { Format, Proposal, Transcript } from '$lib/data/transcripts';
import { t } from '../../../i18n/index.svelte';

export function titleOf({ title, source }: Transcript): string {
  if (source === 'resolved') return t('transcripts.fromInbox');
  return title || t('transcripts.pasted');
}

export function formatName(format: Format): string {
  return {
    text: t('transcripts.formatText'),
    whatsapp: t('transcripts.formatWhatsapp'),
    csv: t('transcripts.formatCsv'),
    jsonl: t('transcripts.formatJsonl'),
    crisp: t('transcripts.formatCrisp'),
    tidio: t('transcripts.formatTidio'),
    intercom: t('transcripts.formatIntercom'),
    zendesk: t('transcripts.formatZendesk'),
  }[format];
}

/** Why somebody should look closely. That it was asked once stands beside it anyway. */
export function warnings({ reasons }: Proposal): string[] {
  const words = {
    seen_once: '',
    answers_differ: t('transcripts.answersDiffer'),
    personal_data: t('transcripts.personalData'),
    case_specific: t('transcripts.caseSpecific'),
  };
  return reasons.map((reason) => words[reason]).filter(Boolean);
}

/** What may be accepted together without a look at each. */
export function isClear({ reasons, overlap }: Proposal): boolean {
  return reasons.length === 0 && !overlap;
}
