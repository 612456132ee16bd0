import { pageTexts, useTexts } from '../text/index.ts';
import { labelOf } from './limit-list.tsx';
import { usePriceList } from './price-list.ts';

/** Grants of the products that ship, besides their limits. */
const grantTexts = pageTexts({
  'grant.variants': ['Variants of a text', 'Fassungen eines Textes'],
  'grant.full_regeneration': ['Writing a text wholly anew', 'Einen Text ganz neu schreiben'],
  'grant.regenerate_cooldown': ['Wait between two regenerations', 'Pause zwischen zwei Neufassungen'],
  'grant.turns': ['Turns a day', 'Gespräche am Tag'],
  'grant.mirror_sessions': ['Mirror sessions a week', 'Spiegelsitzungen je Woche'],
  'grant.suggestions': ['Suggestions a day', 'Vorschläge am Tag'],
  'grant.body_mb': ['Largest request, MB', 'Größte Anfrage, MB'],
  'grant.messages_per_session': ['Messages a session', 'Nachrichten je Sitzung'],
  'grant.spectrum': ['Spectrum', 'Spektrum'],
  'grant.spectrum_export': ['Export of the spectrum', 'Export des Spektrums'],
  'grant.machines': ['Machines', 'Rechner'],
  'grant.team_sharing': ['Sharing in teams', 'Teilen in Teams'],
  'grant.file_bytes': ['Largest file', 'Größte Datei'],
  'grant.own_logo': ['Own logo', 'Eigenes Logo'],
  'grant.own_colours': ['Own colours', 'Eigene Farben'],
  'grant.no_mark': ['Without our mark', 'Ohne unser Zeichen'],
  'grant.agents': ['Agents', 'Agenten'],
  'grant.active_batches': ['Batches at once', 'Stapel zugleich'],
  'grant.providers': ['Providers', 'Anbieter'],
  'grant.playbooks': ['Playbooks', 'Playbooks'],
  'grant.batch_builder': ['Batch builder', 'Stapelbau'],
  'grant.plugin_marketplace': ['Plugins', 'Plugins'],
  'grant.sso': ['Single sign-on', 'Einmalanmeldung (SSO)'],
  'grant.backups_kept': ['Backups kept', 'Aufbewahrte Backups'],
});

interface Grant {
  readonly name: string;
  readonly kind: string;
  readonly per: string | null;
}

/** The name of anything that plans hold, limits and further grants: `Generations an hour`. */
export function useGrantLabel(): (grant: Grant) => string {
  const { say } = useTexts(grantTexts);
  return ({ name, kind, per }) => {
    const key = `grant.${name}`;
    return key in grantTexts ? say(key as keyof typeof grantTexts) : labelOf({ limit: name, kind }, per, say);
  };
}

/** The name of a limit, of which the product is known, as the price list has it. */
export function useLimitLabel(): (of: { readonly product: string; readonly limit: string }) => string {
  const { data } = usePriceList();
  const grantLabel = useGrantLabel();
  return ({ product, limit }) => {
    const grant = data?.comparison[product]?.find(({ name }) => name === limit);
    return grant === undefined ? limit.replaceAll('_', ' ') : grantLabel(grant);
  };
}
