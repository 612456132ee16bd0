import { useQuery } from '@tanstack/react-query';
import { Link, type LinkProps } from '@tanstack/react-router';
import { useState } from 'react';
import { useAccount } from '../../account.ts';
import { useIsAtLeast } from '../../parts/of-account.ts';
import { Section } from '../../parts/section.tsx';
import { pageTexts, useTexts } from '../../text/index.ts';
import { useUsage } from './limits.tsx';

const texts = pageTexts({
  steps: ['First steps', 'Erste Schritte'],
  'steps.away': ['Do not show this again', 'Nicht mehr zeigen'],
  'step.done': ['done', 'erledigt'],
  'step.key': ['Make an API key', 'API-Schlüssel anlegen'],
  'step.key.why': ['Programs call the API with one.', 'Programme rufen die API mit einem.'],
  'step.call': ['Make a first call', 'Einen ersten Aufruf machen'],
  'step.call.why': [
    'Below, or by the API: you see what it cost, and which limits it counts against.',
    'Unten, oder über die API: Du siehst, was er kostet und auf welche Limits er zählt.',
  ],
  'step.plan': ['Choose a plan', 'Tarif wählen'],
  'step.plan.why': [
    'It sets the limits of all calls, and can be changed at any time.',
    'Er setzt die Limits aller Aufrufe und lässt sich jederzeit ändern.',
  ],
  'step.invite': ['Invite a colleague', 'Kollegen einladen'],
  'step.invite.why': [
    'Members share plans and limits, each with rights of their own.',
    'Mitglieder teilen Tarife und Limits, jeder mit eigenen Rechten.',
  ],
});

type Chosen = NonNullable<ReturnType<typeof useAccount>>;

/** Accounts whose first steps were put away in this browser. */
const KEPT = 'plinth.first-steps';
const keptIds = (): readonly string[] => localStorage.getItem(KEPT)?.split(' ') ?? [];

/** A key, a first call, a plan, a colleague: each is done by what there is, until all are or they are put away. */
export function FirstSteps() {
  const chosen = useAccount();
  const mayDo = useIsAtLeast('admin');
  const [isAway, setAway] = useState(false);
  if (chosen === undefined || !mayDo || isAway || keptIds().includes(chosen.account.id)) return null;
  const putAway = () => {
    localStorage.setItem(KEPT, [...keptIds(), chosen.account.id].join(' '));
    setAway(true);
  };
  return <Steps key={chosen.account.id} chosen={chosen} putAway={putAway} />;
}

function Steps({ chosen, putAway }: { readonly chosen: Chosen; readonly putAway: () => void }) {
  const { say } = useTexts(texts);
  const steps = useSteps(chosen);
  if (steps === undefined || steps.every(({ isDone }) => isDone)) return null;
  const next = steps.find(({ isDone }) => !isDone);
  return (
    <Section title={say('steps')}>
      <ol className="first-steps">
        {steps.map(({ step, to, isDone }) => (
          <li key={step} data-done={isDone}>
            <span aria-hidden>{isDone ? '✓' : '○'}</span>
            <span>
              {to === undefined || isDone ? (
                <b>{say(`step.${step}`)}</b>
              ) : (
                <Link className="link" to={to}>
                  {say(`step.${step}`)}
                </Link>
              )}
              {isDone && <span className="dim"> {say('step.done')}</span>}
              {step === next?.step && <p className="dim">{say(`step.${step}.why`)}</p>}
            </span>
          </li>
        ))}
      </ol>
      <button type="button" className="quiet" onClick={putAway}>
        {say('steps.away')}
      </button>
    </Section>
  );
}

interface Step {
  readonly step: 'key' | 'call' | 'plan' | 'invite';
  /** undefined: it is done on this page. */
  readonly to: LinkProps['to'];
  readonly isDone: boolean;
}

/** Undefined until all facts are known: nothing is ticked off before the eyes of a person. */
function useSteps({ account, api }: Chosen): readonly Step[] | undefined {
  const { id, kind } = account;
  const { data: usage } = useUsage();
  const { data: facts } = useQuery({
    queryKey: ['first-steps', id],
    queryFn: async () => {
      const [keys, plans, hasColleagues] = await Promise.all([
        api.call('GET /v1/api-keys', { query: { limit: 1 } }),
        api.call('GET /v1/billing/entitlements', {}),
        kind === 'organization' && readColleagues(api, id),
      ]);
      return {
        hasKey: keys.data.length > 0,
        hasPlan: plans.data.some(({ plan, source }) => plan !== null && source !== 'default'),
        hasColleagues,
      };
    },
  });
  if (usage === undefined || facts === undefined) return undefined;
  return [
    { step: 'key', to: '/app/keys', isDone: facts.hasKey },
    { step: 'call', to: undefined, isDone: usage.events.length > 0 },
    { step: 'plan', to: '/app/plan', isDone: facts.hasPlan },
    ...(kind === 'organization'
      ? [{ step: 'invite', to: '/app/members', isDone: facts.hasColleagues } as const]
      : []),
  ];
}

/** Whether a second member is there, or was asked to come. */
async function readColleagues(api: Chosen['api'], id: string): Promise<boolean> {
  const params = { id };
  const [members, invitations] = await Promise.all([
    api.call('GET /v1/organizations/{id}/members', { params, query: { limit: 2 } }),
    api.call('GET /v1/organizations/{id}/invitations', { params, query: { limit: 1 } }),
  ]);
  return members.data.length > 1 || invitations.data.length > 0;
}
