import { readFile } from 'node:fs/promises';

/** What a sandbox is asked to do, as a customer, a payee or a bank would, at a path below this one. */
const ACTIONS: Readonly<Record<string, string>> = {
  'app-store': 'controls',
  'google-play': 'sandbox',
  stripe: 'sandbox',
};

export interface DriveCommand {
  readonly vendor: string;
  /** `buy` */
  readonly verb: string;
  /** `product=pro.monthly`: a text; `days:=31`: JSON. */
  readonly facts: readonly string[];
  /** Where it answers: its address, or the file in which a server has written it. */
  readonly at: string;
}

/** Has a store's sandbox that runs do something, as a person would. Answers what it says; throws what it refuses, in its own words. */
export async function drive({ vendor, verb, facts, at }: DriveCommand): Promise<string> {
  const path = ACTIONS[vendor];
  if (path === undefined) throw new Error(`only ${Object.keys(ACTIONS).join(', ')} take verbs`);
  const body = Object.fromEntries(facts.map(factOf));
  const response = await fetch(`${await addressOf(at)}/${path}/${verb}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  }).catch((cause: unknown) => {
    throw new Error(`nothing answers at ${at}`, { cause });
  });
  const said = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${said}`);
  return said;
}

function factOf(fact: string): readonly [string, unknown] {
  const [, name = '', isJson, value = ''] = /^(\w+)(:)?=(.*)$/s.exec(fact) ?? [];
  if (name === '') throw new Error(`${fact} is no fact: write name=text or name:=JSON`);
  return [name, isJson === undefined ? value : JSON.parse(value)];
}

async function addressOf(at: string): Promise<string> {
  if (/^https?:/.test(at)) return at;
  const { url } = JSON.parse(await readFile(at, 'utf8')) as { readonly url: string };
  return url;
}
