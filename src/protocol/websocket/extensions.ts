/**
 * The `Sec-WebSocket-Extensions` field (RFC 6455 §9.1).
 *
 * @module
 */

/** One extension with its parameters, in lower case and in order; a parameter may have no value. */
export interface ExtensionOffer {
  /** The extension's name. */
  readonly name: string;
  /** Its parameters. */
  readonly parameters: readonly (readonly [name: string, value: string | null])[];
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Whether the text is a token (RFC 9110 §5.6.2). */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/**
 * Splits a list at a sign, where it stands in no quoted string, and drops the blanks around what is
 * between.
 */
export function splitList(text: string, sign: string): string[] {
  const parts: string[] = [];
  let isQuoted = false;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') isQuoted = !isQuoted;
    else if (char === "\\" && isQuoted) at++;
    else if (char === sign && !isQuoted) {
      parts.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  parts.push(text.slice(start).trim());
  return parts;
}

/**
 * Reads a list of extensions.
 *
 * @returns The extensions; `null` where the text is not well formed.
 */
export function parseExtensions(text: string): ExtensionOffer[] | null {
  const offers: ExtensionOffer[] = [];
  for (const item of splitList(text, ",")) {
    // RFC 9110 §5.6.1: a list may have empty elements.
    if (item === "") continue;
    const [name, ...rest] = splitList(item, ";");
    if (!isToken(name)) return null;
    const parameters: [string, string | null][] = [];
    for (const parameter of rest) {
      const equals = parameter.indexOf("=");
      const key = (equals < 0 ? parameter : parameter.slice(0, equals)).trim();
      const value = equals < 0 ? null : unquoted(parameter.slice(equals + 1).trim());
      // RFC 6455 §9.1: a quoted value, too, must be a token once it is unquoted.
      if (!isToken(key) || (value !== null && !isToken(value))) return null;
      parameters.push([key.toLowerCase(), value]);
    }
    offers.push({ name: name.toLowerCase(), parameters });
  }
  return offers;
}

function unquoted(value: string): string {
  if (value.length < 2 || !value.startsWith('"') || !value.endsWith('"')) return value;
  return value.slice(1, -1).replace(/\\(.)/g, "$1");
}
