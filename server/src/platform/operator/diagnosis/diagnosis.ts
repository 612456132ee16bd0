import { type AiSettings, describeAlias } from '#platform/ai';
import { type Config, settingCalled, settingNames, settingText } from '#platform/config';

/** Something that the program stands on. */
export interface Check {
  readonly name: string;
  /** Answers what is right, in a few words; throws with what is wrong. */
  readonly look: () => Promise<string>;
}

/** The result of a look at it. */
export interface Finding {
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'failed';
  readonly says: string;
}

/** Looks; `reasonOf` says in a sentence why something failed. */
export async function lookAt({ name, look }: Check, reasonOf: (error: unknown) => string): Promise<Finding> {
  try {
    const says = await look();
    return { name, status: says.includes('WARNING:') ? 'warning' : 'ok', says };
  } catch (error) {
    return { name, status: 'failed', says: reasonOf(error) };
  }
}

/** A setting as it is in effect. */
export interface SettingView {
  readonly name: string;
  readonly group: string;
  readonly says: string;
  readonly is_secret: boolean;
  readonly is_set: boolean;
  /** null: it is not set, or a secret. */
  readonly value: string | null;
}

export interface AiRow {
  readonly name: string;
  readonly value: string;
}

export interface Diagnosis {
  /** A secret's value is not shown, only whether it is set. */
  settings(): readonly SettingView[];
  /** The settings in effect of AI_CONFIG, and of what comes with the program; it holds no secrets. */
  ai(): readonly AiRow[];
  /** Looks at all that the program stands on, at once; without paths and addresses of other hosts. */
  findings(): Promise<readonly Finding[]>;
}

export interface DiagnosisParts {
  readonly config: Config;
  readonly aiSettings: { current(): AiSettings };
  readonly look: () => Promise<readonly Finding[]>;
}

export function createDiagnosis({ config, aiSettings, look }: DiagnosisParts): Diagnosis {
  const places = placesOf(config);
  let underWay: Promise<readonly Finding[]> | undefined;
  return {
    settings: () =>
      settingNames().map((name) => {
        const { group, says, secret = false } = settingCalled(name).notes;
        const values: Readonly<Record<string, unknown>> = config.values;
        const isSet = values[name] !== undefined;
        const value = secret || !isSet ? null : settingText(values, name);
        return { name, group, says, is_secret: secret, is_set: isSet, value };
      }),
    ai: () => aiRows(aiSettings.current()),
    async findings() {
      // Callers who ask meanwhile get the same: a look asks other hosts.
      underWay ??= look().finally(() => {
        underWay = undefined;
      });
      return (await underWay).map((one) => ({ ...one, says: withoutPlaces(one.says, places) }));
    },
  };
}

export const aiRows = ({ prices, models, aliases, policyOverrides, allowedFields }: AiSettings): AiRow[] => [
  { name: 'prices', value: prices.version },
  ...Object.entries(models).map(([provider, names]) => ({
    name: `models of ${provider}`,
    value: names.join(', '),
  })),
  ...Object.entries(aliases).map(([alias, names]) => ({
    name: `alias ${alias}`,
    value: describeAlias(names),
  })),
  ...Object.entries(policyOverrides).map(([policy, change]) => ({
    name: `policy ${policy}`,
    value: JSON.stringify(change),
  })),
  ...(allowedFields.length === 0 ? [] : [{ name: 'allowed fields', value: allowedFields.join(', ') }]),
];

const HIDDEN = '…';
/** Texts that look like a place: an address, a path of a file system (of this API's paths none), an IP address, the name of a host. */
const PLACES = [
  /\b[a-z][a-z\d+.-]*:\/\/[^\s,;)"']+/gi,
  /(?<![\w.])\.{0,2}\/(?!v1\/|readyz\b|docs\b|metrics\b)[^\s,;:)"']+/g,
  /\b[a-z]:\\[^\s,;)"']+/gi,
  /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?(?![\d.])/g,
  /\[[\da-f:]+\](?::\d+)?/gi,
  /\b(?:[a-z\d](?:[a-z\d-]*[a-z\d])?\.)+(?!(?:md|json|csv|env|ts|js)\b)[a-z]{2,}\b(?::\d+)?/gi,
] as const;

/** The folders, and the hosts without a dot, that the settings name: nothing in their form says what they are. */
export function placesOf({ values, dataDir }: Pick<Config, 'values' | 'dataDir'>): readonly string[] {
  const texts = Object.values(values).flatMap((value) => (typeof value === 'string' ? [value] : []));
  const hosts = texts.flatMap((text) =>
    [...text.matchAll(/:\/\/(?:[^\s/@"]*@)?([\w.-]+)/g)].map(([, host = '']) => host),
  );
  const paths = texts.filter((text) => /^(?:\.{0,2}[/\\]|[a-z]:\\)/i.test(text));
  return [dataDir, ...paths, ...hosts]
    .filter((place) => place.length > 1)
    .toSorted((a, b) => b.length - a.length);
}

/** A sentence without the places that it names. */
export function withoutPlaces(says: string, places: readonly string[]): string {
  const known = places.reduce((text, place) => replaceWord(text, place), says);
  const hidden = PLACES.reduce((text, pattern) => text.replaceAll(pattern, HIDDEN), known);
  return hidden.replaceAll(/…+(?::\d+)?/g, HIDDEN);
}

const replaceWord = (text: string, word: string): string =>
  text.replaceAll(
    new RegExp(`(?<![\\w-])${word.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}(?![\\w-])`, 'g'),
    HIDDEN,
  );
