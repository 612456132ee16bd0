/** The types that are read, by what a client declares for them. */
export const DOCUMENT_TYPES = {
  'application/pdf': 'pdf',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'text/markdown': 'markdown',
  'text/plain': 'text',
  'text/html': 'html',
  'image/png': 'png',
  'image/jpeg': 'jpeg',
} as const;

export type MediaType = keyof typeof DOCUMENT_TYPES;
export type DocumentType = (typeof DOCUMENT_TYPES)[MediaType];

export const MEDIA_TYPES = Object.keys(DOCUMENT_TYPES) as [MediaType, ...MediaType[]];
