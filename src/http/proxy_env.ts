/**
 * The proxies that the environment names.
 *
 * @module
 */

/** What the environment says. */
export interface ProxyEnv {
  /** For `http:` URLs. */
  readonly http: EnvProxy | null;
  /** For `https:` URLs. */
  readonly https: EnvProxy | null;
  /** Hosts that are called directly. */
  readonly noProxy: string;
}

/** A proxy that the environment names. */
export interface EnvProxy {
  /** The variable that names it. */
  readonly variable: string;
  /** Its URL, perhaps without `http://`. */
  readonly url: string;
}

/**
 * Reads `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, each in lower case first; an empty
 * one counts as none.
 *
 * @param read Gives a variable's value.
 */
export function proxyEnv(read: (name: string) => string | undefined): ProxyEnv {
  const find = (...variables: string[]): EnvProxy | null => {
    for (const variable of variables) {
      const url = read(variable)?.trim();
      if (url) return { variable, url };
    }
    return null;
  };
  // A web server gives its CGI programs the header "Proxy" of a request as HTTP_PROXY, so there it
  // says what a stranger likes (CVE-2016-5385, "httpoxy"). REQUEST_METHOD tells of such a program.
  const isCgi = read("REQUEST_METHOD") !== undefined;
  const forAll = ["all_proxy", "ALL_PROXY"];
  return {
    http: find("http_proxy", ...isCgi ? [] : ["HTTP_PROXY"], ...forAll),
    https: find("https_proxy", "HTTPS_PROXY", ...forAll),
    noProxy: find("no_proxy", "NO_PROXY")?.url ?? "",
  };
}

/** A variable of the environment, where it may be read without asking anybody. */
export function readVariable(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : undefined;
}
