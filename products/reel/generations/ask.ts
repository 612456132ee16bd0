import {
  acceptWork,
  type AccountId,
  AppError,
  commitPoint,
  declareErrors,
  type JobId,
  type Permit,
  type ProductContext,
  type UserId,
} from 'plinth/product';
import { type Brief, findDraft, insertDraft, insertGeneration, type Part, type Purpose } from './store.ts';

const ENQUEUE = commitPoint('reel.enqueue', 'generation, its draft where it is new, job and stored answer');

declareErrors({
  no_variant_selected: {
    status: 409,
    message:
      'No variant of this draft is selected, so there is no part of one to write anew. Select one first: PATCH /v1/drafts/:id with `selected_variant_id`.',
  },
});

/** The caller, and their permit. */
export interface GenerationAsker {
  readonly accountId: AccountId;
  readonly userId: UserId;
  readonly permit: Permit;
}

/** A creator's wish for a draft that is there. */
export interface Regeneration {
  readonly draft_id: string;
  readonly mode: 'targeted' | 'full';
  readonly target?: Part | undefined;
  readonly instructions?: string | undefined;
  /** Only for `full`; one when not said. */
  readonly variants?: number | undefined;
}

export interface GenerationAccepted {
  readonly generation_id: string;
  readonly draft_id: string;
  readonly status: 'queued';
  readonly status_url: string;
}

/** Work to enqueue: a generation of a draft, and the draft's brief where the draft is made with it. */
interface Ask {
  readonly draftId: string;
  readonly brief?: Brief;
  readonly purpose: Purpose;
  readonly variants: number;
}

/** Asks for generations; a worker writes them. */
export function createAsks(context: ProductContext) {
  const { db, ids } = context;

  /** One transaction: generation, its draft, job (which owns the permit from now on), and the answer under the request's key. */
  function enqueue({ accountId, userId, permit }: GenerationAsker, ask: Ask): Promise<GenerationAccepted> {
    const { draftId, brief, purpose, variants } = ask;
    const [generationId, jobId] = [ids.next(), ids.next<JobId>()];
    const generation = { accountId, draftId, generationId, jobId, purpose, variants };
    const { id: permitId, requestId } = permit;
    return acceptWork(
      context,
      { accountId, permit, point: ENQUEUE },
      {
        rows: [
          ...(brief === undefined ? [] : [insertDraft({ accountId, draftId, userId }, brief)]),
          insertGeneration({ ...generation, permitId, requestId }),
        ],
        job: {
          id: jobId,
          kind: 'reel.generate',
          lane: 'interactive',
          payload: { generation_id: generationId },
        },
        body: {
          generation_id: generationId,
          draft_id: draftId,
          status: 'queued',
          status_url: `/v1/generations/${generationId}`,
        },
      },
    );
  }

  /** Purpose of a regeneration. Throws `not_found` for another account's draft, and `no_variant_selected`. */
  async function purposeOf(accountId: AccountId, wish: Regeneration): Promise<Purpose> {
    const [[draft]] = await db.tenant(accountId, [findDraft(accountId, wish.draft_id)]);
    if (draft === undefined) throw new AppError('not_found', { message: 'There is no such draft.' });
    const instructions = wish.instructions === undefined ? {} : { instructions: wish.instructions };
    if (wish.target === undefined) return { mode: 'full', ...instructions };
    if (draft.selected === null) throw new AppError('no_variant_selected');
    return { mode: 'targeted', target: wish.target, base: draft.selected, ...instructions };
  }

  return {
    purposeOf,

    create: (asking: GenerationAsker, { variants, ...brief }: Brief & { variants: number }) =>
      enqueue(asking, { draftId: ids.next(), brief, purpose: { mode: 'create' }, variants }),

    /** The selected variant is that of now: it may be another than the one that was looked at before admission. */
    async regenerate(asking: GenerationAsker, wish: Regeneration): Promise<GenerationAccepted> {
      const purpose = await purposeOf(asking.accountId, wish);
      return enqueue(asking, { draftId: wish.draft_id, purpose, variants: wish.variants ?? 1 });
    },
  };
}
