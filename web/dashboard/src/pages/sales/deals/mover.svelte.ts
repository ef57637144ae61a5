/**
 * Moves deals from stage to stage: on screen first, then at the server, with a way back. Whoever moved a deal meanwhile
 * is not overruled without being asked. What happened is said to screen readers too.
 */
import type { QueryClient } from '@tanstack/svelte-query';
import { ApiError, sentence } from '$lib/api';
import { offerUndo } from '$lib/undo';
import { showToast } from '$lib/ui/toasts.svelte';
import { t } from '../../../i18n/index.svelte';
import { moveDeal, refreshDeals } from '../data/deals';
import type { Deal, DealMove, PipelineStage } from '../data/types';
import type { Move } from './board';

export type Reasons = Omit<DealMove, 'pipeline_stage_id' | 'expected'>;

export class Mover {
  /** On their way. */
  moves = $state.raw<readonly Move[]>([]);
  /** Asks for the reasons before a deal is closed. */
  closing = $state.raw<Move | null>(null);
  /** For a live region. */
  said = $state('');
  readonly #client: QueryClient;

  constructor(client: QueryClient) {
    this.#client = client;
  }

  /** Moves it, or asks why it was won or lost. */
  start(deal: Deal, to: PipelineStage): void {
    if (to.id === deal.pipeline_stage_id) return;
    if (to.stage.startsWith('closed')) this.closing = { deal, to };
    else
      this.move(deal, to).catch((error: unknown) => {
        showToast(sentence(error));
      });
  }

  /** Throws `ApiError` for reasons that do not suffice; says by itself that somebody else was faster. */
  async move(
    deal: Deal,
    to: PipelineStage,
    reasons: Reasons = {},
    isForced = false,
  ): Promise<void> {
    const move = { deal, to };
    this.moves = [...this.moves.filter((one) => one.deal.id !== deal.id), move];
    const expected = isForced ? {} : { expected: deal.pipeline_stage_id };
    try {
      await moveDeal(this.#client, deal.id, { pipeline_stage_id: to.id, ...expected, ...reasons });
      this.said = t('deals.movedTo', { name: deal.name, stage: to.name });
      offerUndo(this.said, () => {
        this.#back(deal, to);
      });
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'moved_meanwhile') throw error;
      this.said = error.message;
      showToast(error.message, {
        label: t('deals.moveAnyway'),
        run: () => {
          this.move(deal, to, reasons, true).catch((again: unknown) => {
            showToast(sentence(again));
          });
        },
      });
    } finally {
      await refreshDeals(this.#client);
      this.moves = this.moves.filter((one) => one !== move);
    }
  }

  #back(deal: Deal, from: PipelineStage): void {
    const moved = { ...deal, pipeline_stage_id: from.id };
    const to = {
      id: deal.pipeline_stage_id,
      name: deal.pipeline_stage_name,
      stage: deal.stage,
      probability: deal.probability,
      position: 0,
      deals: 0,
    };
    const { won_reason, lost_reason, lost_reason_details, competitor, probability } = deal;
    const reasons = { won_reason, lost_reason, lost_reason_details, competitor, probability };
    this.move(moved, to, reasons).catch((error: unknown) => {
      showToast(sentence(error));
    });
  }
}
