import { type JsonObject, ownNumber } from './json.ts';
import type { Material } from './material.ts';
import type { Place } from './place.ts';
import { nameWords } from './words.ts';

interface Range {
  readonly least: number;
  readonly most: number;
  readonly step: number;
}

const YES = /^(?:yes|true|on|ja|oui|sí|si|sì|sim)\b/iu;
const NO = /^(?:no|false|off|nein|non|não|none|not)\b/iu;

/** A number that the text gives for a property, else one found in it that fits, else one inside the range. */
export function fillNumber(
  schema: JsonObject,
  type: 'number' | 'integer',
  at: { readonly place: Place; readonly material: Material },
): number {
  const { place, material } = at;
  const range = rangeOf(schema, type);
  const label = material.label(place.name);
  const labelled = label === undefined ? Number.NaN : Number.parseFloat(label.replaceAll(/[^\d.-]/g, ''));
  const fitting = material.numbers().filter((number) => fits(number, range));
  const found = fitting[place.index % Math.max(1, fitting.length)];
  const wished = Number.isFinite(labelled) ? labelled : (found ?? 1 + place.index);
  return fitted(wished, range);
}

/** Range limits as the nearest numbers allowed: an exclusive limit moves in by a step, or by a little. */
function rangeOf(schema: JsonObject, type: 'number' | 'integer'): Range {
  const multiple = ownNumber(schema, 'multipleOf') ?? 0;
  const step = type === 'integer' ? Math.max(1, multiple % 1 === 0 ? multiple : 1) : multiple;
  const above = ownNumber(schema, 'exclusiveMinimum') ?? Number.NEGATIVE_INFINITY;
  const below = ownNumber(schema, 'exclusiveMaximum') ?? Number.POSITIVE_INFINITY;
  const minimum = ownNumber(schema, 'minimum') ?? Number.NEGATIVE_INFINITY;
  const maximum = ownNumber(schema, 'maximum') ?? Number.POSITIVE_INFINITY;
  const low = Math.max(minimum, above);
  const high = Math.min(maximum, below);
  const margin = step > 0 ? step : Number.isFinite(high - low) ? (high - low) / 4 : 0.5;
  return {
    least: above >= minimum ? above + margin : minimum,
    most: below <= maximum ? below - margin : maximum,
    step,
  };
}

function fits(number: number, { least, most, step }: Range): boolean {
  return number >= least && number <= most && (step === 0 || Number.isInteger(number / step));
}

function fitted(wished: number, range: Range): number {
  const { least, most, step } = range;
  const inside = Math.min(Math.max(wished, least), most);
  if (step === 0 || fits(inside, range)) return inside;
  const down = Math.floor(inside / step) * step;
  return down >= least ? down : Math.ceil(inside / step) * step;
}

/** What a label says; else whether the text speaks of it, and not right after a no. */
export function fillBoolean(place: Place, material: Material): boolean {
  const label = material.label(place.name);
  if (label !== undefined && YES.test(label)) return true;
  if (label !== undefined && NO.test(label)) return false;
  const words = nameWords(place.name).filter(
    (word) => !['is', 'has', 'was', 'are', 'should', 'can'].includes(word),
  );
  const stem = words.at(-1)?.slice(0, 6);
  if (stem === undefined) return true;
  const match = material.first(
    String.raw`((?:no|not|without|never|kein|keine|nicht|ohne|sans|sin|senza|sem)\s+)?(?<!\p{L})${stem}`,
  );
  return match !== null && match[1] === undefined;
}
