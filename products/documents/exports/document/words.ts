/** All words of a document that the workspace did not write itself. */
const ENGLISH = {
  kind: 'Scope of Work',
  contents: 'Contents',
  summary: 'Summary',
  sources: 'Sources',
  preparedFor: 'Prepared for',
  preparedBy: 'Prepared by',
  project: 'Project',
  date: 'Date',
  version: 'Version',
  status: 'Status',
  mark: 'Made with Orbit',
  number: 'No.',
  deliverable: 'Deliverable',
  description: 'Description',
  due: 'Due',
  milestone: 'Milestone',
  when: 'When',
  item: 'Item',
  amount: 'Amount',
  details: 'Details',
  terms: 'Terms',
  document: 'Document',
  page: 'Page',
  of: 'of',
  quote: 'Quoted',
  section: 'Section',
  removed: 'a document that was deleted',
  noFont:
    'This PDF has no font for these characters, and names their script in brackets instead: {scripts}. The DOCX and Markdown exports have them.',
  draft: 'Draft',
  in_review: 'In review',
  approved: 'Approved',
  sent: 'Sent',
  archived: 'Archived',
  /** Titles of extracted sections. */
  sections: {
    overview: 'Overview',
    objectives: 'Objectives',
    deliverables: 'Deliverables',
    timeline: 'Timeline',
    budget: 'Budget',
    assumptions: 'Assumptions',
    exclusions: 'Exclusions',
    risks: 'Risks',
    acceptance: 'Acceptance criteria',
    other: 'Other',
  },
};

export type Words = typeof ENGLISH;

const GERMAN: Words = {
  kind: 'Leistungsbeschreibung',
  contents: 'Inhalt',
  summary: 'Zusammenfassung',
  sources: 'Quellen',
  preparedFor: 'Erstellt für',
  preparedBy: 'Erstellt von',
  project: 'Projekt',
  date: 'Datum',
  version: 'Version',
  status: 'Status',
  mark: 'Erstellt mit Orbit',
  number: 'Nr.',
  deliverable: 'Leistung',
  description: 'Beschreibung',
  due: 'Fällig',
  milestone: 'Meilenstein',
  when: 'Termin',
  item: 'Position',
  amount: 'Betrag',
  details: 'Einzelheiten',
  terms: 'Bedingungen',
  document: 'Dokument',
  page: 'Seite',
  of: 'von',
  quote: 'Zitat',
  section: 'Abschnitt',
  removed: 'ein gelöschtes Dokument',
  noFont:
    'Diese PDF-Datei hat für die folgenden Zeichen keine Schrift und nennt stattdessen deren Schriftsystem in Klammern: {scripts}. Die Exporte als DOCX und Markdown enthalten sie.',
  draft: 'Entwurf',
  in_review: 'In Prüfung',
  approved: 'Freigegeben',
  sent: 'Gesendet',
  archived: 'Archiviert',
  sections: {
    overview: 'Überblick',
    objectives: 'Ziele',
    deliverables: 'Leistungen',
    timeline: 'Zeitplan',
    budget: 'Budget',
    assumptions: 'Annahmen',
    exclusions: 'Ausschlüsse',
    risks: 'Risiken',
    acceptance: 'Abnahmekriterien',
    other: 'Sonstiges',
  },
};

const FRENCH: Words = {
  kind: 'Cahier des charges',
  contents: 'Sommaire',
  summary: 'Résumé',
  sources: 'Sources',
  preparedFor: 'Préparé pour',
  preparedBy: 'Préparé par',
  project: 'Projet',
  date: 'Date',
  version: 'Version',
  status: 'Statut',
  mark: 'Créé avec Orbit',
  number: 'N°',
  deliverable: 'Livrable',
  description: 'Description',
  due: 'Échéance',
  milestone: 'Jalon',
  when: 'Quand',
  item: 'Poste',
  amount: 'Montant',
  details: 'Détails',
  terms: 'Conditions',
  document: 'Document',
  page: 'Page',
  of: 'sur',
  quote: 'Citation',
  section: 'Section',
  removed: 'un document supprimé',
  noFont:
    'Ce PDF n’a pas de police pour ces caractères et indique à leur place leur écriture entre crochets : {scripts}. Les exports DOCX et Markdown les contiennent.',
  draft: 'Brouillon',
  in_review: 'En relecture',
  approved: 'Approuvé',
  sent: 'Envoyé',
  archived: 'Archivé',
  sections: {
    overview: 'Présentation',
    objectives: 'Objectifs',
    deliverables: 'Livrables',
    timeline: 'Calendrier',
    budget: 'Budget',
    assumptions: 'Hypothèses',
    exclusions: 'Exclusions',
    risks: 'Risques',
    acceptance: 'Critères d’acceptation',
    other: 'Autres',
  },
};

const SPANISH: Words = {
  kind: 'Alcance del trabajo',
  contents: 'Índice',
  summary: 'Resumen',
  sources: 'Fuentes',
  preparedFor: 'Preparado para',
  preparedBy: 'Preparado por',
  project: 'Proyecto',
  date: 'Fecha',
  version: 'Versión',
  status: 'Estado',
  mark: 'Hecho con Orbit',
  number: 'N.º',
  deliverable: 'Entregable',
  description: 'Descripción',
  due: 'Entrega',
  milestone: 'Hito',
  when: 'Cuándo',
  item: 'Concepto',
  amount: 'Importe',
  details: 'Detalles',
  terms: 'Condiciones',
  document: 'Documento',
  page: 'Página',
  of: 'de',
  quote: 'Cita',
  section: 'Sección',
  removed: 'un documento eliminado',
  noFont:
    'Este PDF no tiene fuente para estos caracteres y en su lugar indica su escritura entre corchetes: {scripts}. Las exportaciones DOCX y Markdown los contienen.',
  draft: 'Borrador',
  in_review: 'En revisión',
  approved: 'Aprobado',
  sent: 'Enviado',
  archived: 'Archivado',
  sections: {
    overview: 'Resumen general',
    objectives: 'Objetivos',
    deliverables: 'Entregables',
    timeline: 'Calendario',
    budget: 'Presupuesto',
    assumptions: 'Supuestos',
    exclusions: 'Exclusiones',
    risks: 'Riesgos',
    acceptance: 'Criterios de aceptación',
    other: 'Otros',
  },
};

const LANGUAGES: Readonly<Record<string, { readonly words: Words; readonly locale: string }>> = {
  en: { words: ENGLISH, locale: 'en-GB' },
  de: { words: GERMAN, locale: 'de-DE' },
  fr: { words: FRENCH, locale: 'fr-FR' },
  es: { words: SPANISH, locale: 'es-ES' },
};

/** A document's own words, in one language. */
export interface DocumentLanguage {
  readonly words: Words;
  /** A BCP 47 tag with a region: the `lang` of the file. */
  readonly tag: string;
  /** `15 March 2027`, `15. März 2027`; what is no date stays as it is. */
  day(date: string): string;
  number(value: number): string;
}

/** The language that a workspace is set to, its region too (`de-CH`); English for one that has no words here. */
export function languageOf(setting: string): DocumentLanguage {
  const known = LANGUAGES[setting.split('-')[0]?.toLowerCase() ?? ''];
  const { words, locale } = known ?? { words: ENGLISH, locale: 'en-GB' };
  const tag = known === undefined ? locale : regionalTag(setting, locale);
  const form = new Intl.DateTimeFormat(tag, {
    timeZone: 'UTC',
    calendar: 'gregory',
    numberingSystem: 'latn',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  });
  const numbers = new Intl.NumberFormat(tag, { numberingSystem: 'latn' });
  return {
    words,
    tag,
    day(date) {
      const instant = new Date(date);
      return Number.isNaN(instant.getTime()) ? date : form.format(instant);
    },
    number: (value) => numbers.format(value),
  };
}

/** `de-CH` of `de-ch`; the usual region where the setting has none, or is no tag. */
function regionalTag(setting: string, usual: string): string {
  try {
    const { language, region } = new Intl.Locale(setting);
    return region === undefined ? usual : `${language}-${region}`;
  } catch {
    return usual;
  }
}

export function statusWord(status: string, { words }: Pick<DocumentLanguage, 'words'>): string {
  switch (status) {
    case 'draft':
    case 'in_review':
    case 'approved':
    case 'sent':
    case 'archived':
      return words[status];
    default:
      return status;
  }
}
