import { foldName } from 'plinth/product';
import { z } from 'zod';
import { CATEGORIES, isPermission } from '../lists.ts';
import type { Found } from './checks.ts';

const MOST_PERMISSIONS = 40;
/** Euro cents. The platform keeps 30 % of a sale; a card from abroad costs about 30 cents and 5.4 %. */
const LEAST_PRICE = 150;
const VERSION = /^(?:0|[1-9]\d{0,5})(?:\.(?:0|[1-9]\d{0,5})){2}$/;
const text = (most: number) => z.string().trim().min(1).max(most);

/** A manifest as it is submitted, and as it lies in the package as `manifest.json`. */
export const manifestSchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^[a-z\d](?:[a-z\d-]{1,62}[a-z\d])$/)
      .describe('Lower-case letters, digits and hyphens.'),
    name: text(60),
    description: text(2_000),
    version: z.string().regex(VERSION).describe('Semantic versioning, of three numbers: `1.4.0`.'),
    author: text(100),
    permissions: z.array(z.string().max(300)).max(MOST_PERMISSIONS),
    category: z.enum(CATEGORIES),
    price_cents: z
      .int()
      .refine(
        (price) => price === 0 || (price >= LEAST_PRICE && price <= 100_000),
        `must be 0, or ${LEAST_PRICE} to 100000`,
      ),
  })
  .meta({ id: 'PluginManifest' });

export type PluginManifest = z.infer<typeof manifestSchema>;

/** The checks of a manifest that need no package. */
export function checkManifest(manifest: unknown): {
  readonly read?: PluginManifest;
  readonly found: Found[];
} {
  const parsed = manifestSchema.safeParse(manifest);
  if (!parsed.success) {
    const found = parsed.error.issues.slice(0, 20).map((issue): Found => {
      const field = issue.path.join('.').slice(0, 100);
      const detail = `${field === '' ? '' : `${field}: `}${issue.message.slice(0, 200)}`;
      return { code: 'manifest_invalid', detail };
    });
    return { found: [...found, ...binaryFields(manifest)] };
  }
  const { data } = parsed;
  const unknown = data.permissions
    .filter((permission, at, all) => !isPermission(permission) || all.indexOf(permission) !== at)
    .map((permission): Found => ({ code: 'permission_unknown', detail: shown(permission) }));
  const lookAlikes = (['name', 'author'] as const).flatMap((field): Found[] => {
    const letters = lookAlikesIn(data[field]);
    return letters === '' ? [] : [{ code: 'manifest_look_alike', detail: `${field}: ${letters}` }];
  });
  return { read: data, found: [...binaryFields(data), ...unknown, ...lookAlikes] };
}

/** Invisible signs, letters that look like Latin ones, and beside Latin letters those of alphabets that have such. */
function lookAlikesIn(name: string): string {
  const isLatin = /\p{Script=Latin}/u.test(name);
  const signs = Array.from(name).filter(
    (sign) =>
      /\p{Cf}/u.test(sign) ||
      (FOREIGN.test(sign) && ((isLatin && !EAST_ASIAN.test(sign)) || /^[a-z\d]+$/.test(foldName(sign)))),
  );
  return shown([...new Set(signs)].join(' '));
}

const FOREIGN = /(?!\p{Script=Latin})\p{L}/u;
const EAST_ASIAN =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Common}]/u;

/** A run of letters that no language has, as Base64 and hexadecimal digits are. */
const LONG_RUN = /[\w+/=-]{200}/;
/** Signs that control devices, or the direction of what follows. */
const CONTROL =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffd]|\bdata:[\w/+.-]*[;,]/i;

function binaryFields(manifest: unknown): Found[] {
  if (typeof manifest !== 'object' || manifest === null) return [];
  return Object.entries(manifest)
    .filter(([, value]) => [value].flat().some((one) => typeof one === 'string' && isBinary(one)))
    .map(([field]) => ({ code: 'manifest_binary', detail: shown(field) }));
}

const isBinary = (value: string) => LONG_RUN.test(value) || CONTROL.test(value) || !value.isWellFormed();

/** A stranger's text within a sentence of ours. */
export function shown(value: string): string {
  return value
    .slice(0, 200)
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')
    .toWellFormed();
}

/** Whether a version is above another; both are of three numbers. */
export function isAbove(version: string, former: string): boolean {
  const [one, other] = [version, former].map((of) => of.split('.').map(Number));
  for (const [at, part] of (one ?? []).entries()) {
    const difference = part - (other?.[at] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}
