import type { Draft, Generation } from '@plinth/sdk';
import { type FormEvent, useState } from 'react';
import { ask, type Run } from './ask.tsx';
import { Review } from './review.tsx';

interface DeskParts {
  readonly run: Run;
  readonly written: () => Promise<void>;
  readonly saved: () => void;
}

const PLATFORMS = ['linkedin', 'x', 'instagram', 'tiktok', 'youtube'];

/** Asks for a post, follows it until it is written, and shows it. */
export function Desk({ run, written, saved }: DeskParts) {
  const [generation, setGeneration] = useState<Pick<Generation, 'status' | 'variants' | 'error'>>();
  const [draft, setDraft] = useState<Draft>();
  /** Kept until the call was answered, so that a press after a lost answer does not write twice. */
  const [key, setKey] = useState(() => crypto.randomUUID());

  const write = async (call: string, body: object) => {
    const { generation_id: id } = await ask<{ generation_id: string }>(call, body, key);
    setKey(crypto.randomUUID());
    setGeneration({ status: 'queued', variants: [] });
    let now: Generation;
    do {
      now = await ask<Generation>(`GET generations/${id}`);
      setGeneration(now);
    } while (now.status === 'queued' || now.status === 'running');
    setDraft(await ask<Draft>(`GET drafts/${now.draft_id}`));
    await written();
  };
  const create = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const { variants, ...brief } = Object.fromEntries(new FormData(event.currentTarget));
    run(() => write('POST create', { ...brief, variants: Number(variants) }));
  };
  const choose = async (of: Draft, id: string) =>
    setDraft(await ask<Draft>(`PATCH drafts/${of.id}`, { selected_variant_id: id }));
  return (
    <>
      <form onSubmit={create} onChange={() => setKey(crypto.randomUUID())}>
        <label>
          About <input name="topic" required maxLength={500} defaultValue="Why small teams ship faster" />
        </label>
        <div className="row">
          <label>
            For
            <select name="platform">
              {PLATFORMS.map((platform) => (
                <option key={platform}>{platform}</option>
              ))}
            </select>
          </label>
          <label>
            Variants <input name="variants" type="number" min={1} max={5} defaultValue={1} />
          </label>
          <button>Write</button>
        </div>
        {generation && (
          <output>
            {generation.status}: {generation.variants.length} written {generation.error?.message}
          </output>
        )}
      </form>
      {draft && (
        <Review
          draft={draft}
          run={run}
          choose={(id) => choose(draft, id)}
          rewrite={() => write('POST regenerate', { draft_id: draft.id, mode: 'targeted', target: 'hook' })}
          saved={saved}
        />
      )}
    </>
  );
}
