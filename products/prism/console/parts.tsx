import { Button } from '@mantine/core';
import {
  Act,
  chooseAccount,
  Empty,
  Head,
  useAccount,
  useMe,
  useOfAccount,
  useTexts,
  When,
} from '@plinth/console';
import type { ReplyOf } from '@plinth/sdk';
import { createContext, type ReactNode, use, useEffect, useRef, useState } from 'react';
import { texts } from './texts.ts';

type Turn = ReplyOf<'POST /v1/turns'>;

type Support = Turn['support'];

interface Answer {
  readonly support: Support;
  readonly safety?: Turn['safety'];
}
interface Help extends Answer {
  /** Sends the text again as that of a person who says that they are safe. */
  readonly again?: (() => Promise<unknown>) | undefined;
}

const HelpContext = createContext<(answer: Answer, again?: Help['again']) => void>(() => undefined);

/** Shows the helplines of an answer, or takes those of the answer before away; in a crisis nothing else of the page is shown. */
export const useHelp = () => use(HelpContext);

/** A page for a person; who looks at an organization is led to their own account. */
export function Person({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const { say } = useTexts(texts);
  const account = useAccount()?.account;
  const own = useMe().data?.accounts.find(({ kind }) => kind === 'personal')?.id;
  const [help, setHelp] = useState<Help>();
  const way = own !== undefined && (
    <Button variant="default" onClick={() => chooseAccount(own)}>
      {say('toPersonal')}
    </Button>
  );
  return (
    <HelpContext value={(answer, again) => setHelp({ ...answer, again })}>
      <Head title={title} />
      {account?.kind === 'organization' && <Empty way={way}>{say('personal')}</Empty>}
      {help !== undefined && <Helplines help={help} close={() => setHelp(undefined)} />}
      {account?.kind === 'personal' && <div hidden={help?.safety?.status === 'crisis'}>{children}</div>}
    </HelpContext>
  );
}

/** Kinds of a crisis that are answered by helplines alone, also to a person who says that they are safe. */
const EMERGENCIES: ReadonlySet<string> = new Set(['attempt_now', 'medical_emergency']);

function Helplines({ help, close }: { readonly help: Help; readonly close: () => void }) {
  const { say } = useTexts(texts);
  const { support, safety, again } = help;
  const shown = useRef<HTMLElement>(null);
  useEffect(() => {
    shown.current?.scrollIntoView({ block: 'nearest' });
  }, [help]);
  if (support === null) return null;
  const canGoOn = safety?.status === 'crisis' && !safety.kinds.some((kind) => EMERGENCIES.has(kind));
  return (
    <section ref={shown} className="preview" role="alert" aria-label={say('helplines')}>
      <p>{support.message}</p>
      <ul className="settings">
        {support.helplines.map(({ name, phone, text, url, hours }) => (
          <li key={name} className="setting">
            <b>{name}</b>
            <span className="row">
              {phone !== null && <a href={`tel:${phone.replaceAll(/[^\d+]/g, '')}`}>{phone}</a>}
              {text}
              {url !== null && (
                <a href={url} target="_blank" rel="noreferrer">
                  {new URL(url).host}
                </a>
              )}
            </span>
            <span className="dim">{hours}</span>
          </li>
        ))}
      </ul>
      <div className="filters">
        {canGoOn && again !== undefined && <Act text={say('isSafe')} act={again} />}
        <Button variant="default" onClick={close}>
          {say('app.close')}
        </Button>
      </div>
    </section>
  );
}

/** The rest of a limit, and when it begins anew. */
export function Left({ limit, label }: { readonly limit: string; readonly label: string }) {
  const { say } = useTexts(texts);
  const { data } = useOfAccount(['prism usage'], ({ call }) =>
    call('GET /v1/usage', { query: { product: 'prism', limit: 1 } }),
  );
  const {
    max = null,
    used = 0,
    resets_at: opens = null,
  } = data?.data.find((one) => one.limit === limit) ?? {};
  if (max === null) return null;
  return (
    <p className="dim">
      {label}: {say('left', { left: String(Math.max(0, max - used)), max: String(max) })}
      {opens !== null && used > 0 && (
        <>
          , {say('anew')} <When at={opens} />
        </>
      )}
    </p>
  );
}
