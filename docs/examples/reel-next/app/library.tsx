import type { ReplyOf } from '@plinth/sdk';
import { useEffect, useState } from 'react';
import { ask, type Run } from './ask.tsx';

type Page = ReplyOf<'GET /v1/library/assets'>;

/** Lists saved posts, and searches them. */
export function Library({ run, saved }: { readonly run: Run; readonly saved: number }) {
  const [page, setPage] = useState<Page>();
  const [words, setWords] = useState('');
  useEffect(() => {
    const query = words === '' ? '' : `?${new URLSearchParams({ q: words })}`;
    run(async () => setPage(await ask<Page>(`GET library${query}`)));
  }, [run, saved, words]);
  return (
    <section>
      <label>
        Search the library{' '}
        <input type="search" value={words} onChange={({ target }) => setWords(target.value)} />
      </label>
      {page?.data.map(({ id, platform, title, hook }) => (
        <p key={id}>
          <span className="quiet">{platform}</span> {title}: {hook}
        </p>
      ))}
    </section>
  );
}
