import type { Draft } from '@plinth/sdk';
import { ask, type Run } from './ask.tsx';

interface ReviewParts {
  readonly draft: Draft;
  readonly run: Run;
  readonly choose: (variantId: string) => Promise<void>;
  readonly rewrite: () => Promise<void>;
  readonly saved: () => void;
}

/** The variants of a draft: one is chosen, its hook written anew, and what is worth keeping saved. */
export function Review({ draft, run, choose, rewrite, saved }: ReviewParts) {
  const save = (id: string) =>
    ask('POST library', { draft_id: draft.id, variant_id: id, title: draft.topic }, `save-${id}`).then(saved);
  return draft.variants.map(({ id, hook, body, cta, hashtags }) => (
    <article key={id} className={id === draft.selected_variant_id ? 'chosen' : ''}>
      <h2>{hook}</h2>
      <p>{body}</p>
      <p>{cta}</p>
      <p className="quiet">{hashtags.join(' ')}</p>
      <div className="row">
        {id === draft.selected_variant_id ? (
          <button onClick={() => run(rewrite)}>Another hook</button>
        ) : (
          <button onClick={() => run(() => choose(id))}>Choose</button>
        )}
        <button onClick={() => run(() => save(id))}>Save</button>
      </div>
    </article>
  ));
}
