'use client';

import { useCallback, useEffect, useState } from 'react';
import type { Refusal } from '../server/handle.ts';
import { Alert, ask, Refused, type Run } from './ask.tsx';
import { Desk } from './desk.tsx';
import { Door } from './door.tsx';
import { Library } from './library.tsx';

type Visitor = { readonly email: string; readonly posts: string };

export default function Page() {
  /** Undefined: not known yet. Null: signed out. */
  const [visitor, setVisitor] = useState<Visitor | null>();
  const [refusal, setRefusal] = useState<Refusal>();
  /** Counts what was saved: the library is read again. */
  const [saved, setSaved] = useState(0);

  /** After a purchase the store tells Plinth, which takes a moment: until then there is no plan. */
  const look = useCallback(async () => {
    const tries = location.search === '?bought' ? 20 : 1;
    for (let tried = 1; tried <= tries; tried += 1) {
      const now = await ask<Visitor>('GET session');
      setVisitor(now);
      if (now.posts !== 'no plan') return;
      await new Promise((done) => setTimeout(done, 250));
    }
  }, []);
  const run = useCallback<Run>((work) => {
    setRefusal(undefined);
    work().catch((error: unknown) => {
      if (!(error instanceof Refused)) throw error;
      if (error.refusal.code === 'unauthenticated') setVisitor(null);
      else setRefusal(error.refusal);
    });
  }, []);
  useEffect(() => run(look), [run, look]);

  const leave = () => ask('DELETE session').then(() => setVisitor(null));
  return (
    <main>
      <header className="row">
        <h1>Reel</h1>
        <span className="quiet">{visitor?.posts}</span>
        {visitor && <button onClick={() => run(leave)}>Sign out {visitor.email}</button>}
      </header>
      {refusal && <Alert refusal={refusal} run={run} />}
      {visitor === null && <Door run={run} enter={look} />}
      {visitor && <Desk run={run} written={look} saved={() => setSaved(saved + 1)} />}
      {visitor && <Library run={run} saved={saved} />}
    </main>
  );
}
