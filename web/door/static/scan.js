// QR codes before a camera: read by the browser where it can, else by the decoder in vendor/. Pictures stay on the tablet.
const EVERY = 120; // milliseconds between two looks
const WIDEST = 800; // pixels: enough for a code on a phone at arm's length
const SAME_AGAIN = 2500; // a code that stays before the camera counts as seen once

const REASONS = {
  NotAllowedError: "カメラが許されていません。ブラウザーの設定でこのサイトにカメラを許すか、コードを打ってください。",
  NotFoundError: "カメラが見つかりません。コードか名前を打ってください。",
  NotReadableError: "ほかのアプリがカメラを使っています。閉じてから、もう一度押してください。",
};
export const reasonOf = (error) => REASONS[error?.name] ?? "カメラが使えません。コードか名前を打ってください。";
export const hasCamera = () => Boolean(navigator.mediaDevices?.getUserMedia);

export async function makeReader({ own = false } = {}) {
  if (!own && "BarcodeDetector" in globalThis && (await BarcodeDetector.getSupportedFormats()).includes("qr_code")) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async (canvas) => (await detector.detect(canvas))[0]?.rawValue ?? null;
  }
  const { decodeQR } = await import("./vendor/qr-decode.min.js");
  return async (canvas, brush) => {
    try {
      return decodeQR(brush.getImageData(0, 0, canvas.width, canvas.height), { timeLimit: 60 });
    } catch {
      return null; // no code in this picture
    }
  };
}

// Starts the camera; onText(text) for each code that is held before it. Gives back what stops it. Throws what getUserMedia throws.
export async function startCamera(video, onText) {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: false,
    video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } },
  });
  const read = await makeReader();
  video.srcObject = stream;
  await video.play();
  const canvas = document.createElement("canvas");
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  const seen = { text: "", at: 0 };
  let going = true;
  const look = async () => {
    if (!going) return;
    if (video.videoWidth && !document.hidden) {
      const scale = Math.min(1, WIDEST / video.videoWidth);
      canvas.width = video.videoWidth * scale;
      canvas.height = video.videoHeight * scale;
      brush.drawImage(video, 0, 0, canvas.width, canvas.height);
      const text = await read(canvas, brush).catch(() => null);
      const at = performance.now();
      const fresh = text && (text !== seen.text || at - seen.at > SAME_AGAIN);
      if (text) Object.assign(seen, { text, at });
      if (fresh && going) onText(text);
    }
    setTimeout(look, EVERY);
  };
  look();
  return () => {
    going = false;
    stream.getTracks().forEach((track) => track.stop());
    video.srcObject = null;
  };
}
