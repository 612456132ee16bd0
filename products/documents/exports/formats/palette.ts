import type { Branding } from '../document/model.ts';

/** The colours of a document, as `#rrggbb`. */
export interface Palette {
  /** Headings and rules: dark enough to be read on white. */
  readonly heading: string;
  /** The band of the cover and the heads of tables. */
  readonly band: string;
  /** Words on it. */
  readonly onBand: string;
  /** Every other row of a table. */
  readonly tint: string;
  readonly accent: string;
  readonly text: string;
  readonly muted: string;
  readonly line: string;
}

const OWN = { primary: '#1d3557', accent: '#2a7f9e' };
/** The contrast that WCAG asks for text of usual size. */
const READABLE = 4.5;

type Rgb = readonly [number, number, number];

export function paletteOf({ primary, accent }: Branding): Palette {
  const band = valid(primary) ?? OWN.primary;
  const second = valid(accent) ?? (valid(primary) === undefined ? OWN.accent : band);
  return {
    heading: darkenToReadable(band),
    band,
    onBand: contrast(rgb(band), [255, 255, 255]) >= 3 ? '#ffffff' : '#1f2933',
    tint: hex(mixColours(rgb(band), [255, 255, 255], 0.05)),
    accent: darkenToReadable(second),
    text: '#1f2933',
    muted: '#5b6775',
    line: '#d3d9e0',
  };
}

function valid(colour: string | null): string | undefined {
  return colour !== null && /^#[0-9a-f]{6}$/i.test(colour) ? colour.toLowerCase() : undefined;
}

/** The same colour, as much darker as words on white need. */
function darkenToReadable(colour: string): string {
  let at = rgb(colour);
  while (contrast(at, [255, 255, 255]) < READABLE) at = mixColours(at, [0, 0, 0], 0.92);
  return hex(at);
}

function rgb(colour: string): Rgb {
  const part = (from: number) => Number.parseInt(colour.slice(from, from + 2), 16);
  return [part(1), part(3), part(5)];
}

function hex(colour: Rgb): string {
  return `#${colour.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;
}

/** So much of the one, the rest of the other. */
function mixColours(one: Rgb, other: Rgb, share: number): Rgb {
  const part = (n: 0 | 1 | 2) => one[n] * share + other[n] * (1 - share);
  return [part(0), part(1), part(2)];
}

/** WCAG 2.2, contrast ratio. */
function contrast(one: Rgb, other: Rgb): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: Rgb): number {
  const [r = 0, g = 0, b = 0] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
