// A real browser, driven over its own protocol: it does what a person would do, with a mouse and keys.

/** Where browsers are found, the first that is there. */
const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

/** The path of a browser, or `undefined` where none is installed. */
export function findBrowser(): string | undefined {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  for (const name of NAMES) {
    for (const folder of folders) {
      try {
        if (Deno.statSync(`${folder}/${name}`).isFile) return `${folder}/${name}`;
      } catch {
        // Not there.
      }
    }
  }
  return undefined;
}

type Answer = Record<string, unknown>;

/** A browser of its own, with one page. */
export class BrowserPage implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #socket: WebSocket;
  readonly #profile: string;
  readonly #pending = new Map<number, PromiseWithResolvers<Answer>>();
  readonly #awaited = new Map<string, () => void>();
  #lastId = 0;
  /** What the page has complained of: errors, and requests that it made. */
  readonly complaints: string[] = [];

  private constructor(process: Deno.ChildProcess, socket: WebSocket, profile: string) {
    this.#process = process;
    this.#socket = socket;
    this.#profile = profile;
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
  }

  /** Start a browser, with a window of 1200 by 800. */
  static async start(browser: string): Promise<BrowserPage> {
    const profile = await Deno.makeTempDir();
    const process = new Deno.Command(browser, {
      args: [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--window-size=1200,800",
        `--user-data-dir=${profile}`,
        "--remote-debugging-port=0",
        "about:blank",
      ],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const port = await readPort(process.stderr);
    const targets = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json() as Answer[];
    const target = targets.find(({ type }) => type === "page")!;
    const socket = new WebSocket(String(target.webSocketDebuggerUrl));
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    const page = new BrowserPage(process, socket, profile);
    for (const domain of ["Page", "Runtime", "Network", "Log"]) await page.send(`${domain}.enable`);
    return page;
  }

  /** Open a file. */
  async open(path: string): Promise<void> {
    const loaded = this.#next("Page.loadEventFired");
    await this.send("Page.navigate", { url: `file://${path}` });
    await loaded;
  }

  /** Send a command of the protocol. */
  async send(method: string, params: Answer = {}): Promise<Answer> {
    const id = ++this.#lastId;
    const pending = Promise.withResolvers<Answer>();
    this.#pending.set(id, pending);
    this.#socket.send(JSON.stringify({ id, method, params }));
    return await pending.promise;
  }

  /** The value of an expression in the page, once it has drawn what there is to draw. */
  async evaluate<T>(expression: string): Promise<T> {
    const settled = "new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))";
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", {
      expression: `${settled}.then(() => (${expression}))`,
      awaitPromise: true,
      returnByValue: true,
    }) as { result: { value: T }; exceptionDetails?: unknown };
    if (exceptionDetails !== undefined) throw new Error(`In the page: ${JSON.stringify(exceptionDetails)}`);
    return result.value;
  }

  /** Click, as often as told. */
  async click(x: number, y: number, count = 1): Promise<void> {
    await this.#mouse("mouseMoved", x, y);
    for (let clickCount = 1; clickCount <= count; clickCount++) {
      await this.#mouse("mousePressed", x, y, { button: "left", buttons: 1, clickCount });
      await this.#mouse("mouseReleased", x, y, { button: "left", clickCount });
    }
  }

  /** Press the mouse in one place and let it go in another. */
  async drag(fromX: number, toX: number, y: number): Promise<void> {
    await this.#mouse("mouseMoved", fromX, y);
    await this.#mouse("mousePressed", fromX, y, { button: "left", buttons: 1, clickCount: 1 });
    for (let i = 1; i <= 5; i++) {
      await this.#mouse("mouseMoved", fromX + (toX - fromX) * i / 5, y, { button: "left", buttons: 1 });
    }
    await this.#mouse("mouseReleased", toX, y, { button: "left", clickCount: 1 });
  }

  /** Move the pointer somewhere. */
  async hover(x: number, y: number): Promise<void> {
    await this.#mouse("mouseMoved", x, y);
  }

  /** Turn the wheel; `ctrl` holds that key down. */
  async wheel(x: number, y: number, deltaY: number, ctrl = false): Promise<void> {
    await this.#mouse("mouseWheel", x, y, { deltaX: 0, deltaY, modifiers: ctrl ? 2 : 0 });
  }

  /** Type a text, where the focus is. */
  async type(text: string): Promise<void> {
    for (const char of text) {
      await this.send("Input.dispatchKeyEvent", { type: "keyDown", text: char, key: char });
      await this.send("Input.dispatchKeyEvent", { type: "keyUp", key: char });
    }
  }

  /** Press a key that is no letter. */
  async press(key: string): Promise<void> {
    const text = key === "Enter" ? "\r" : undefined;
    await this.send("Input.dispatchKeyEvent", { type: "keyDown", key, text });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", key });
  }

  /** A picture of the window, as PNG. */
  async screenshot(): Promise<Uint8Array> {
    const { data } = await this.send("Page.captureScreenshot", { format: "png" });
    return Uint8Array.fromBase64(String(data));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.onclose = resolve);
    await this.send("Browser.close");
    await closed;
    await this.#process.stderr.cancel().catch(() => {});
    await this.#process.status;
    await Deno.remove(this.#profile, { recursive: true });
  }

  #next(event: string): Promise<void> {
    return new Promise((resolve) => this.#awaited.set(event, resolve));
  }

  #receive({ id, method, params, result, error }: Answer): void {
    if (typeof id === "number") {
      const pending = this.#pending.get(id)!;
      this.#pending.delete(id);
      if (error === undefined) pending.resolve(result as Answer);
      else pending.reject(new Error(JSON.stringify(error)));
      return;
    }
    this.#awaited.get(String(method))?.();
    if (method === "Runtime.exceptionThrown" || method === "Log.entryAdded") {
      this.complaints.push(JSON.stringify(params));
    }
    if (method === "Network.requestWillBeSent") {
      const { url } = (params as { request: { url: string } }).request;
      if (!url.startsWith("file:")) this.complaints.push(`asked for ${url}`);
    }
  }

  async #mouse(type: string, x: number, y: number, more: Answer = {}): Promise<void> {
    await this.send("Input.dispatchMouseEvent", { type, x, y, ...more });
  }
}

/** The browser says on stderr where it listens. */
async function readPort(stderr: ReadableStream<Uint8Array>): Promise<number> {
  let text = "";
  for await (const chunk of stderr.values({ preventCancel: true })) {
    text += new TextDecoder().decode(chunk);
    const port = /DevTools listening on ws:\/\/[^:]+:(\d+)\//.exec(text)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error(`The browser does not start: ${text}`);
}
