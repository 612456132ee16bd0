import { NativeSelect } from '@mantine/core';
import { onlineManager, useQueryClient } from '@tanstack/react-query';
import { Outlet, useRouterState } from '@tanstack/react-router';
import { Suspense, useEffect, useState, useSyncExternalStore } from 'react';
import { chooseAccount, useAccount, useIsSignedIn, useMe } from '../account.ts';
import { lazyPart } from '../parts/lazy-part.ts';
import { reach, session } from '../session.ts';
import { stepUp } from '../step-up.ts';
import { brandName, useTexts } from '../text/index.ts';

/** Milliseconds between two tries to reach the server. */
const AGAIN = 3_000;
const SHORTCUT = navigator.userAgent.includes('Mac') ? '⌘ K' : 'Ctrl K';

const SignIn = lazyPart(() => import('../pages/sign-in/sign-in.tsx'), 'SignIn');
const StepUp = lazyPart(() => import('../pages/sign-in/step-up.tsx'), 'StepUp');
const Entries = lazyPart(() => import('./entries.tsx'), 'Entries');
const SampleBar = lazyPart(() => import('./sample-bar.tsx'), 'SampleBar');
const isSample = document.querySelector('meta[name=plinth-sample]') !== null;
const Palette = lazyPart(() => import('./palette.tsx'), 'Palette');

/** Navigation at the side, the page beside it; to who is not signed in, only the way in. */
export function Shell() {
  const isSignedIn = useIsSignedIn();
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const queries = useQueryClient();
  // Signed out here or in another tab: who signs in next sees nothing of it, and proves nothing for it.
  useEffect(() => {
    if (isSignedIn !== false) return;
    queries.removeQueries({ type: 'inactive' });
    stepUp.asked()?.done(new Error('Signed out.'));
  }, [isSignedIn, queries]);
  const isResuming = isSignedIn === undefined && path !== '/app/sign-in';
  const isAway = useResumption(isResuming);
  return (
    <>
      <Connection isAway={isAway && isResuming} />
      {isSignedIn === true ? (
        <Inside path={path} />
      ) : (
        <Suspense fallback={null}>{!isResuming && <SignIn />}</Suspense>
      )}
    </>
  );
}

function Inside({ path }: { readonly path: string }) {
  const { say } = useTexts();
  const asked = useSyncExternalStore(stepUp.subscribe, stepUp.asked);
  const [isSearching, setSearching] = useState(false);
  useEffect(() => {
    const open = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      setSearching(true);
    };
    addEventListener('keydown', open);
    return () => removeEventListener('keydown', open);
  }, []);
  return (
    <div className="shell">
      <a className="skip" href="#content">
        {say('app.skip')}
      </a>
      <Navigation path={path} search={() => setSearching(true)} />
      <main id="content" tabIndex={-1}>
        {isSample && (
          <Suspense fallback={null}>
            <SampleBar />
          </Suspense>
        )}
        <Outlet />
      </main>
      <Suspense fallback={null}>
        {isSearching && <Palette close={() => setSearching(false)} />}
        {asked !== undefined && <StepUp asked={asked} />}
      </Suspense>
    </div>
  );
}

/** One quiet line while the server is not reached: it is asked until it answers, and what waited for it goes on. */
function Connection({ isAway }: { readonly isAway: boolean }) {
  const { say } = useTexts();
  const isOnline = useSyncExternalStore(onlineManager.subscribe, () => onlineManager.isOnline());
  useEffect(() => {
    if (isOnline) return;
    const timer = setInterval(() => void reach('/healthz').catch(() => undefined), AGAIN);
    return () => clearInterval(timer);
  }, [isOnline]);
  return (
    <p role="status" className="connection">
      {(isAway || !isOnline) && <span className="lost">{say('app.offline')}</span>}
    </p>
  );
}

/** Resumes the session of this browser, and tries again while the server is away. Answers whether it is. */
function useResumption(isWanted: boolean): boolean {
  const [tries, setTries] = useState(0);
  useEffect(() => {
    if (!isWanted) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    session.resume().catch(() => {
      timer = setTimeout(() => setTries(tries + 1), tries === 0 ? 500 : AGAIN);
    });
    return () => clearTimeout(timer);
  }, [isWanted, tries]);
  return tries > 0;
}

function Navigation({ path, search }: { readonly path: string; readonly search: () => void }) {
  const { say } = useTexts();
  const [isOpen, setOpen] = useState(false);
  const { isPending } = useMe();
  useEffect(() => setOpen(false), [path]);
  return (
    <header className="side">
      <div className="who">
        <AccountSwitch />
        <button
          type="button"
          className="quiet burger"
          aria-expanded={isOpen}
          aria-label={say('nav.main')}
          onClick={() => setOpen(!isOpen)}
        >
          ☰
        </button>
      </div>
      <button type="button" className="search" onClick={search} aria-keyshortcuts="Control+K Meta+K">
        {say('nav.search')} <kbd>{SHORTCUT}</kbd>
      </button>
      <nav aria-label={say('nav.main')} data-open={isOpen}>
        <Suspense fallback={null}>
          {!isPending && (
            // Not before it is known whose pages there are: nothing moves then.
            <Entries path={path} />
          )}
        </Suspense>
      </nav>
    </header>
  );
}

function AccountSwitch() {
  const { say } = useTexts();
  const queries = useQueryClient();
  const { data: me } = useMe();
  const chosen = useAccount();
  if (me === undefined || chosen === undefined) return <span className="account">{brandName}</span>;
  if (me.accounts.length === 1) return <span className="account">{chosen.account.name}</span>;
  return (
    <NativeSelect
      className="account"
      variant="unstyled"
      aria-label={say('nav.account')}
      value={chosen.account.id}
      data={me.accounts.map(({ id, name }) => ({ value: id, label: name }))}
      onChange={({ currentTarget }) => {
        chooseAccount(currentTarget.value);
        void queries.invalidateQueries();
      }}
    />
  );
}
