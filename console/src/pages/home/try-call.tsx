import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useAccount } from '../../account.ts';
import { chatCall, type WrittenCall } from '../../parts/call-code.ts';
import { CopyCall } from '../../parts/copy-call.tsx';
import { type StepName, STEPS } from '../../parts/steps.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { useTexts } from '../../text/index.ts';
import { texts } from './texts.ts';
import { MOST_TOKENS, type TriedCall, useCall } from './call.ts';

/** A call to send from here: what it may cost before it is sent, its answer as it comes, its steps with their times after. */
export function TryCall() {
  const { say, format } = useTexts(texts);
  const chosen = useAccount();
  const { tried, send, stop } = useCall();
  const [prompt, setPrompt] = useState(say('promptExample'));
  const [wanted, setModel] = useState<string>();
  const { data: models } = useQuery({
    queryKey: ['models', chosen?.account.id],
    queryFn: () => chosen?.api.call('GET /v1/ai/models', {}),
    enabled: chosen !== undefined,
    staleTime: 60_000,
  });
  const model = wanted ?? models?.data[0]?.id;
  const most = useMostCost(model, prompt);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (model !== undefined) void send(model, prompt);
  };
  if (models?.data.length === 0) return <p className="notice">{say('noModels')}</p>;
  return (
    <section className="try">
      <form onSubmit={submit}>
        <TextInput
          className="prompt"
          variant="unstyled"
          aria-label={say('prompt')}
          value={prompt}
          maxLength={4_000}
          onChange={({ currentTarget }) => setPrompt(currentTarget.value)}
        />
        <NativeSelect
          aria-label={say('model')}
          value={model ?? ''}
          data={models?.data.map(({ id }) => id) ?? []}
          onChange={({ currentTarget }) => setModel(currentTarget.value)}
        />
        {tried?.isRunning === true ? (
          <Button variant="default" onClick={stop}>
            {say('stop')}
          </Button>
        ) : (
          <Button type="submit" disabled={model === undefined || prompt.trim() === ''}>
            {most === undefined ? say('send') : say('sendUpTo', { cost: format.micros(most) })}
          </Button>
        )}
      </form>
      <Walk tried={tried} />
      {tried !== undefined && <Answer tried={tried} call={chatCall(model ?? '', prompt)} />}
    </section>
  );
}

/** Micro-dollars that the call may cost at most; undefined until it is known. */
function useMostCost(model: string | undefined, prompt: string): number | undefined {
  const chosen = useAccount();
  // Rather too many: three letters are a token of most scripts, or more than one.
  const tokens = Math.ceil(prompt.length / 3) + 16;
  const { data } = useQuery({
    queryKey: ['preview', chosen?.account.id, model, tokens],
    queryFn: () =>
      chosen?.api.call('GET /v1/permits/preview', {
        query: {
          product: 'gateway',
          feature: 'external',
          model: model ?? '',
          prompt_tokens: tokens,
          completion_tokens: MOST_TOKENS,
        },
      }),
    enabled: chosen !== undefined && model !== undefined,
    placeholderData: (before) => before,
    retry: false,
  });
  return data?.reserve_micros ?? undefined;
}

/** The five steps of the call: what each is for, and how long it took. */
function Walk({ tried }: { readonly tried: TriedCall | undefined }) {
  const { say, format } = useTexts(texts);
  return (
    <ol className="walk">
      {STEPS.map((step) => {
        const took = tried?.row?.steps?.[step] ?? null;
        return (
          <li key={step} data-step={step} data-over={took !== null}>
            <b>
              {say(`step.${step}`)} {took !== null && <span className="num">{format.duration(took)}</span>}
            </b>
            <p>
              <StepFact step={step} tried={tried} />
            </p>
          </li>
        );
      })}
    </ol>
  );
}

function StepFact({ step, tried }: { readonly step: StepName; readonly tried: TriedCall | undefined }) {
  const { say, format } = useTexts(texts);
  const { row, firstToken, model } = tried ?? {};
  if (step === 'run' && firstToken !== undefined)
    return say('step.run.done', { model: model ?? '', time: format.duration(firstToken) });
  if (step === 'settle' && row !== undefined && row.charged_micros !== null)
    return say('step.settle.done', { cost: format.micros(row.charged_micros) });
  return say(`step.${step}.about`);
}

function Answer({ tried, call }: { readonly tried: TriedCall; readonly call: WrittenCall }) {
  const { say, format } = useTexts(texts);
  const { text, failure, row } = tried;
  return (
    <div className="said" aria-live="polite">
      {failure === undefined ? <p>{text}</p> : <Refusal error={failure} />}
      <span className="dim num">
        {row !== undefined && (
          <>
            {say('tokens', {
              prompt: format.count(row.prompt_tokens),
              completion: format.count(row.completion_tokens),
            })}
            {' · '}
            <Link to="/app/ledger" search={{ call: row.id }}>
              {say('ledgerRow')}
            </Link>
            {' · '}
          </>
        )}
        <CopyCall call={call} />
      </span>
    </div>
  );
}
