import { NativeSelect, TextInput } from '@mantine/core';
import {
  Act,
  chooseAccount,
  isAtLeast,
  LineForm,
  pageTexts,
  Pick,
  Section,
  type Typed,
  useAccount,
  useApi,
  useMoney,
  useOfAccount,
  usePriceList,
  useTexts,
} from '@plinth/console';
import type { ReplyOf } from '@plinth/sdk';
import { useState } from 'react';

const texts = pageTexts({
  begin: ['First steps in Orbit', 'Erste Schritte in Orbit'],
  workspace: ['Make a workspace', 'Arbeitsbereich anlegen'],
  team: ['Invite the team', 'Team einladen'],
  goals: ['Say what you want to reach', 'Sagen, was du erreichen willst'],
  subscribe: ['Choose a plan', 'Tarif wählen'],
  done: ['done', 'erledigt'],
  skipped: ['skipped', 'übersprungen'],
  skip: ['Skip', 'Überspringen'],
  organizations: [
    'Scopes belong to a workspace, whose members work on them together. Choose one above, or make one here.',
    'Scopes gehören einem Arbeitsbereich, dessen Mitglieder sie gemeinsam bearbeiten. Wähle oben einen, oder lege hier einen an.',
  ],
  name: ['Name of the workspace', 'Name des Arbeitsbereichs'],
  make: ['Make it', 'Anlegen'],
  goOn: ['Go on in {name}', 'In {name} weitermachen'],
  takeUp: ['Use this organization', 'Diese Organisation nehmen'],
  emails: ['Email addresses, by commas', 'E-Mail-Adressen, durch Kommas'],
  invite: ['Invite', 'Einladen'],
  privacy: ['Privacy', 'Datenschutz'],
  standard: ['Models may read documents', 'Modelle dürfen Dokumente lesen'],
  no_models: ['Nothing goes to a model', 'Nichts geht an ein Modell'],
  refused: ['{email}: not invited ({code}).', '{email}: nicht eingeladen ({code}).'],
  goal: ['Goals, by commas', 'Ziele, durch Kommas'],
  role: ['Your role', 'Deine Rolle'],
  size: ['People', 'Personen'],
  save: ['Save', 'Speichern'],
  plan: ['Plan', 'Tarif'],
  offer: ['{name}, {price} a month', '{name}, {price} im Monat'],
  order: ['Continue', 'Weiter'],
});

type Account = NonNullable<ReturnType<typeof useAccount>>['account'];
type Step = NonNullable<ReplyOf<'GET /v1/onboarding/status'>['next']>;

/** The first steps of a workspace, each taken or skipped by its admins; at a person's own account, the way to a workspace. */
export function Onboarding({ account: { id, kind, role } }: { readonly account: Account }) {
  const { say } = useTexts(texts);
  const isWorkspace = kind === 'organization';
  const { data } = useOfAccount(
    ['orbit onboarding'],
    ({ call }) => call('GET /v1/onboarding/status', { query: isWorkspace ? { workspace_id: id } : {} }),
    { isWanted: !isWorkspace || isAtLeast(role, 'admin') },
  );
  if (data === undefined) return null;
  if (!isWorkspace) return <FirstWorkspace begun={data} />;
  // An owner alone takes an organization up: another admin would make a second one.
  const steps = data.steps.filter(({ step }) => step !== 'workspace' || role === 'owner');
  const next = steps.find(({ state }) => state === 'open')?.step;
  if (next === undefined) return null;
  return (
    <Section title={say('begin')}>
      <ol className="first-steps">
        {steps.map(({ step, state }) => (
          <li key={step} data-done={state !== 'open'} aria-current={step === next ? 'step' : undefined}>
            <span aria-hidden>{state === 'open' ? '○' : '✓'}</span>
            {step === next ? <b>{say(step)}</b> : say(step)}
            {state !== 'open' && <span className="dim">{say(state)}</span>}
          </li>
        ))}
      </ol>
      <StepForm key={next} step={next} />
    </Section>
  );
}

function FirstWorkspace({ begun }: { readonly begun: ReplyOf<'GET /v1/onboarding/status'> }) {
  const { say } = useTexts(texts);
  const { workspace_id: id, name } = begun;
  const make = useMake();
  return (
    <>
      <p className="dim filters">{say('organizations')}</p>
      <LineForm label={say('name')} button={say('make')} act={make} />
      {id !== null && (
        <button type="button" className="quiet" onClick={() => chooseAccount(id)}>
          {say('goOn', { name: name ?? '' })}
        </button>
      )}
    </>
  );
}

/** Makes a workspace, or takes up the organization of that name, and chooses it. */
function useMake() {
  const { call } = useApi();
  return async (name: string) => {
    const { workspace_id: id } = await call('POST /v1/onboarding/workspace', { body: { name } });
    if (id !== null) chooseAccount(id);
  };
}

function StepForm({ step }: { readonly step: Step }) {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const name = useAccount()?.account.name ?? '';
  const make = useMake();
  if (step === 'workspace') return <Act text={say('takeUp')} act={() => make(name)} />;
  return (
    <>
      {step === 'team' && <Team />}
      {step === 'goals' && <Goals />}
      {step === 'subscribe' && <Subscribe />}
      <p className="filters">
        <Act
          isQuiet
          text={say('skip')}
          act={() => call('POST /v1/onboarding/{step}/skip', { params: { step } })}
        />
      </p>
    </>
  );
}

const listOf = (line: string) =>
  line
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');

function Team() {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const invite = async (line: string, { privacy }: Typed) => {
    const { invitations } = await call('POST /v1/onboarding/team', {
      body: {
        invitations: listOf(line).map((email) => ({ email })),
        privacy: privacy === 'no_models' ? 'no_models' : 'standard',
      },
    });
    const refused = invitations.filter(({ outcome }) => outcome === 'refused');
    const said = refused.map(({ email, code }) => say('refused', { email, code: code ?? '' }));
    if (said.length > 0) throw new Error(said.join(' '));
  };
  return (
    <LineForm label={say('emails')} button={say('invite')} act={invite}>
      <NativeSelect
        name="privacy"
        aria-label={say('privacy')}
        data={(['standard', 'no_models'] as const).map((value) => ({ value, label: say(value) }))}
      />
    </LineForm>
  );
}

function Goals() {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const save = (line: string, { role, size }: Typed) =>
    call('POST /v1/onboarding/goals', {
      body: { goals: listOf(line), role: role || undefined, team_size: size ? Number(size) : undefined },
    });
  return (
    <LineForm label={say('goal')} button={say('save')} act={save}>
      <TextInput name="role" aria-label={say('role')} placeholder={say('role')} maxLength={100} />
      <TextInput name="size" type="number" min={1} aria-label={say('size')} placeholder={say('size')} />
    </LineForm>
  );
}

const PLANS = ['free', 'pro', 'team'] as const;

/** The free plan is had at once; another one is paid at the provider's page, which leads back here. */
function Subscribe() {
  const { say } = useTexts(texts);
  const { minor } = useMoney();
  const { call } = useApi();
  const { data: prices } = usePriceList();
  const [plan, setPlan] = useState<(typeof PLANS)[number]>('free');
  const order = async () => {
    const here = location.href;
    const body = { plan, success_url: here, cancel_url: here };
    const { checkout_url: url } = await call('POST /v1/onboarding/subscribe', { body });
    if (url !== null) location.assign(url);
  };
  const offers = PLANS.flatMap((one) => {
    const { name, price } = prices?.data.find(({ id }) => id === `orbit.${one}`) ?? {};
    if (price === undefined) return [];
    return [[one, say('offer', { name: name ?? one, price: minor(price.monthly, price.currency) })] as const];
  });
  return (
    <div className="filters">
      <Pick
        label={say('plan')}
        value={plan}
        options={Object.fromEntries(offers)}
        choose={(one) => setPlan(PLANS.find((known) => known === one) ?? 'free')}
      />
      <Act text={say('order')} act={order} />
    </div>
  );
}
