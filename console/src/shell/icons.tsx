import type { IconName } from './pages.ts';

/** Lines on a grid of 16, as the path of an SVG image has them. */
const ICONS: Readonly<Record<IconName, string>> = {
  home: 'M2.5 7.5 8 2.5l5.5 5v6h-4v-4h-3v4h-4z',
  usage: 'M2.5 13.5h11M4 11V8m4 3V3m4 8V6',
  plan: 'M2 4h12v8.5H2zM2 7h12M4.5 10h3',
  catalogue: 'M2 2.5h5l7 7-4.5 4.5-7.5-7.5zM5 5.5h.1',
  keys: 'M5 13a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM7 8.5 13 2.5M10.5 5l2 2',
  members:
    'M6 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM1.5 13.5c0-5 9-5 9 0M11 3a2.3 2.3 0 0 1 0 4.5M12.5 10c1.5.6 2 1.8 2 3.5',
  security: 'M8 1.5 13.5 3.5c0 5-1.5 8.5-5.5 11-4-2.5-5.5-6-5.5-11z',
  developer: 'M5 4.5 1.5 8 5 11.5M11 4.5 14.5 8 11 11.5M9 3 7 13',
  providers: 'M2.5 2.5h11v4h-11zM2.5 9.5h11v4h-11zM5 4.5h.1M5 11.5h.1',
  letters: 'M2 3.5h12v9H2zM2 4l6 5 6-5',
  audit: 'M3.5 1.5h9v13h-9zM6 5h4M6 8h4M6 11h2',
  product: 'M8 1.5l6 3.2v6.6l-6 3.2-6-3.2V4.7zM2 4.7l6 3.3 6-3.3M8 8v6.5',
};

/** A sign beside a name: it says nothing that the name does not. */
export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg className="icon" viewBox="0 0 16 16" aria-hidden>
    <path d={ICONS[name]} fill="none" stroke="currentColor" strokeWidth="1.25" strokeLinejoin="round" />
  </svg>
);
