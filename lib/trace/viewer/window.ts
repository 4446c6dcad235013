/** The stretch of time that is in sight, and where on the screen it is. */
export interface ViewerWindow {
  /** From, in milliseconds. */
  readonly start: number;
  readonly end: number;
  /** Pixels that it takes. */
  width: number;
  /** Where a time is, in pixels from the left. */
  xOf(time: number): number;
  /** The time at a place. */
  timeAt(x: number): number;
  /** Zoom by a factor, so that the time at `x` stays where it is. */
  zoom(factor: number, x: number): void;
  /** Move by pixels. */
  pan(dx: number): void;
  /** Show a stretch, with some room around it. */
  show(start: number, end: number): void;
  /** Show all. */
  fit(): void;
}

/**
 * Make the window of a page. This runs in the page, as text: it may use nothing from outside of itself.
 *
 * @param duration How long the trace is.
 */
export function makeViewerWindow(duration: number): ViewerWindow {
  /** A microsecond is as near as one can get. */
  const shortest = Math.min(duration, 0.001) || 0.001;
  let [start, end] = [0, duration || 1];

  function set(from: number, to: number): void {
    const length = Math.min(Math.max(to - from, shortest), duration || 1);
    start = Math.min(Math.max(0, from), Math.max(0, duration - length));
    end = start + length;
  }

  const view = {
    width: 1,
    get start() {
      return start;
    },
    get end() {
      return end;
    },
    xOf: (time: number) => ((time - start) / (end - start)) * view.width,
    timeAt: (x: number) => start + (x / view.width) * (end - start),
    zoom(factor: number, x: number) {
      const pivot = view.timeAt(x);
      const length = Math.min(Math.max((end - start) / factor, shortest), duration || 1);
      set(pivot - (x / view.width) * length, pivot + (1 - x / view.width) * length);
    },
    pan(dx: number) {
      const by = (dx / view.width) * (end - start);
      set(start + by, end + by);
    },
    show(from: number, to: number) {
      const room = Math.max((to - from) * 0.15, shortest);
      set(from - room, to + room);
    },
    fit: () => set(0, duration || 1),
  };
  return view;
}
