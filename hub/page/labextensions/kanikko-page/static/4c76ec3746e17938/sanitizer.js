// Notebook's sanitizer with furigana: the same class and the same rules for attributes and addresses, and a list of tags that knows ruby.
// Scripts, handlers, forms, frames and style sheets stay out.

const TAGS = `
  h1 h2 h3 h4 h5 h6 p br hr div span section article header footer main aside nav address
  blockquote pre code kbd samp var tt ul ol li dl dt dd figure figcaption details summary
  a b i u s em strong small sub sup mark del ins abbr cite dfn q time wbr bdi bdo data strike font center
  ruby rb rt rp rtc
  img picture source audio video track
  table caption colgroup col thead tbody tfoot tr th td
  input meter progress
`.trim().split(/\s+/);

export function sanitizer({ ISanitizer, Sanitizer }) {
  class RubySanitizer extends Sanitizer {
    sanitize(dirty, options) {
      return super.sanitize(dirty, { ...options, allowedTags: TAGS });
    }
  }
  return { id: 'kanikko-page:sanitizer', autoStart: true, provides: ISanitizer, activate: () => new RubySanitizer() };
}
