// The WebSocket: frames out and in, reconnecting by itself.

const SIGNED_OUT = 4401;
const SLOWEST = 15000;

export class Link {
  constructor({ onFrame, onState }) {
    this.onFrame = onFrame;
    this.onState = onState;
    this.tries = 0;
    this.touched = true;
    for (const kind of ["keydown", "pointerdown", "pointermove", "scroll"]) {
      addEventListener(kind, () => (this.touched = true), { passive: true, capture: true });
    }
    addEventListener("online", () => this.retryNow());
    document.addEventListener("visibilitychange", () => document.hidden || this.retryNow());
  }

  open() {
    clearTimeout(this.timer);
    this.onState("connecting");
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/console/ws`);
    this.socket = socket;
    socket.onmessage = (event) => this.receive(JSON.parse(event.data));
    socket.onclose = (event) => socket === this.socket && this.lost(event.code);
    this.watch();
  }

  receive(frame) {
    this.watch();
    if (frame.type === "hello") {
      this.tries = 0;
      this.onState("online");
    }
    if (frame.type === "ping") {
      this.send({ type: "heartbeat", active: this.touched });
      this.touched = false;
    }
    this.onFrame(frame);
  }

  // The server asks every 10 s: silence for 25 s is a dead connection nobody told us about.
  watch() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      const dead = this.socket;
      this.socket = null;
      dead?.close();
      this.lost(0);
    }, 25000);
  }

  send(frame) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify({ v: 1, ...frame }));
    return true;
  }

  lost(code) {
    clearTimeout(this.silence);
    this.signedOut = code === SIGNED_OUT;
    this.onState(this.signedOut ? "signed_out" : "offline");
    if (this.signedOut) return;
    const wait = Math.min(SLOWEST, 500 * 2 ** this.tries) * (0.5 + Math.random() / 2);
    this.tries += 1;
    this.timer = setTimeout(() => this.open(), wait);
  }

  // A new sign-in is known to a new connection only.
  again() {
    const old = this.socket;
    this.socket = null;
    old?.close();
    this.retryNow();
  }

  retryNow() {
    if (!this.socket || this.socket.readyState > WebSocket.OPEN) {
      this.tries = 0;
      this.open();
    }
  }
}
