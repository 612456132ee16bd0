/** The part of pdfmake 0.3 that this program uses; the package brings no types. */
declare module 'pdfmake' {
  interface PdfMake {
    /** Files that are read from memory. */
    readonly virtualfs: { writeFileSync(path: string, bytes: Uint8Array): void };
    setFonts(fonts: Readonly<Record<string, object>>): void;
    setUrlAccessPolicy(isAllowed: (url: string) => boolean): void;
    setLocalAccessPolicy(isAllowed: (path: string) => boolean): void;
    createPdf(definition: object): { getBuffer(): Promise<Uint8Array> };
  }
  const pdfmake: PdfMake;
  export default pdfmake;
}
