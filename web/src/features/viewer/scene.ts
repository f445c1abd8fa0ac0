import {
  Box3,
  type BufferGeometry,
  Color,
  DirectionalLight,
  EdgesGeometry,
  HemisphereLight,
  LineBasicMaterial,
  LineSegments,
  type Material,
  Mesh,
  MeshStandardMaterial,
  type Object3D,
  PerspectiveCamera,
  Raycaster,
  Scene,
  Sphere,
  Vector2,
  Vector3,
  WebGLRenderer,
} from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
import { findComponent } from "./matching";

const EDGE_DEGREES = 28;
/** Above this, finding edges takes longer than a person waits. */
const EDGE_TRIANGLES = 400_000;
const VIEW_FROM = new Vector3(1, 0.75, 1.15).normalize();

/** A model on a canvas: drawn when something changed, never in a loop. */
export class ModelScene {
  readonly canvas: HTMLCanvasElement;
  onPick: (node: Object3D | null) => void = () => undefined;
  private readonly renderer: WebGLRenderer;
  private readonly scene = new Scene();
  private readonly camera = new PerspectiveCamera(32, 1, 0.001, 1000);
  private readonly controls: OrbitControls;
  private readonly watcher: ResizeObserver;
  private readonly plain = new Map<Mesh, Material | Material[]>();
  private readonly marked = new Map<Material, Material>();
  private readonly ghosts = new Map<Material, Material>();
  private seeThrough = true;
  private chosen: readonly Object3D[] = [];
  private readonly edges = new LineBasicMaterial({ color: 0x1b1f26, transparent: true, opacity: 0.35 });
  private accent = new Color("#d6336c");
  private root: Object3D | null = null;
  private frame = 0;

  constructor(private readonly holder: HTMLElement) {
    this.renderer = new WebGLRenderer({ antialias: true, alpha: true });
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    this.canvas = this.renderer.domElement;
    holder.append(this.canvas);
    this.controls = new OrbitControls(this.camera, this.canvas);
    this.controls.addEventListener("change", () => this.redraw());
    const key = new DirectionalLight(0xffffff, 1.9);
    key.position.set(0.6, 0.9, 1);
    this.camera.add(key);
    this.scene.add(this.camera, new HemisphereLight(0xffffff, 0x7c8594, 1.9));
    this.watcher = new ResizeObserver(() => this.resize());
    this.watcher.observe(holder);
    this.listenForPicks();
  }

  /** Loads a GLB; of a larger model, only one component. */
  async load(url: string, component: string | null): Promise<Object3D> {
    const { scene: whole } = await new GLTFLoader().loadAsync(url);
    const root = findComponent(whole, component);
    for (let node: Object3D = root; node.parent; node = node.parent) node.parent.children = [node];
    this.scene.add(whole);
    this.root = root;
    root.traverse((part) => part instanceof Mesh && this.plain.set(part, part.material));
    this.drawEdges(root);
    this.fit();
    return root;
  }

  /** Colours these nodes, and only these; the rest turns glassy, so that what lies inside shows. Returns how many meshes that is. */
  highlight(nodes: readonly Object3D[]): number {
    this.chosen = nodes;
    const marked = new Set<Object3D>();
    for (const node of nodes) node.traverse((part) => part instanceof Mesh && marked.add(part));
    const glassy = this.seeThrough && marked.size > 0 && marked.size < this.plain.size;
    for (const [mesh, material] of this.plain) {
      const style = marked.has(mesh) ? this.markOf : glassy ? this.ghostOf : (same: Material) => same;
      mesh.material = Array.isArray(material) ? material.map(style) : style(material);
    }
    this.redraw();
    return marked.size;
  }

  setSeeThrough(wanted: boolean) {
    this.seeThrough = wanted;
    this.highlight(this.chosen);
  }

  /** Shows these nodes alone; all when null. */
  isolate(nodes: readonly Object3D[] | null) {
    const kept = new Set<Object3D>();
    for (const node of nodes ?? []) {
      node.traverse((part) => kept.add(part));
      for (let above = node.parent; above; above = above.parent) kept.add(above);
    }
    this.root?.traverse((part) => {
      part.visible = nodes === null || kept.has(part);
    });
    this.redraw();
  }

  hide(nodes: readonly Object3D[]) {
    for (const node of nodes) node.visible = false;
    this.redraw();
  }

  /** Moves the camera so that these nodes, or all that is visible, fill the view. */
  fit(nodes?: readonly Object3D[]) {
    if (!this.root) return;
    const box = new Box3();
    for (const node of nodes?.length ? nodes : [this.root]) {
      node.updateWorldMatrix(true, true);
      node.traverseVisible((part) => part instanceof Mesh && box.expandByObject(part));
    }
    if (box.isEmpty()) return;
    const { center, radius } = box.getBoundingSphere(new Sphere());
    const half = (this.camera.fov * Math.PI) / 360;
    const distance = (radius / Math.sin(half)) * Math.max(1, 1 / this.camera.aspect) * 1.02;
    const direction = nodes ? this.camera.position.clone().sub(this.controls.target).normalize() : VIEW_FROM;
    this.camera.position.copy(center).addScaledVector(direction, distance);
    this.camera.near = distance / 500;
    this.camera.far = distance * 50;
    this.camera.updateProjectionMatrix();
    this.controls.target.copy(center);
    this.controls.update();
    this.redraw();
  }

  /** Takes the colours of the page's theme. */
  recolour() {
    const style = getComputedStyle(this.holder);
    this.accent = new Color(style.getPropertyValue("--viewer-highlight").trim() || "#d6336c");
    this.edges.color = new Color(style.getPropertyValue("--text").trim() || "#1b1f26");
    for (const material of this.marked.values()) if (material instanceof MeshStandardMaterial) this.tint(material);
    this.redraw();
  }

  dispose() {
    cancelAnimationFrame(this.frame);
    this.watcher.disconnect();
    this.controls.dispose();
    this.scene.traverse((node) => {
      if (!(node instanceof Mesh || node instanceof LineSegments)) return;
      node.geometry.dispose();
      for (const material of [node.material].flat()) material.dispose();
    });
    for (const clone of [...this.marked.values(), ...this.ghosts.values()]) clone.dispose();
    this.renderer.dispose();
    this.canvas.remove();
  }

  /** Clones, as the material itself is shared with parts that stay as they are. */
  private readonly markOf = (material: Material): Material =>
    this.cloneOnce(this.marked, material, (clone) => clone instanceof MeshStandardMaterial && this.tint(clone));

  private readonly ghostOf = (material: Material): Material =>
    this.cloneOnce(this.ghosts, material, (clone) => {
      clone.transparent = true;
      clone.opacity = 0.22;
      clone.depthWrite = false;
    });

  private cloneOnce(known: Map<Material, Material>, material: Material, change: (clone: Material) => void): Material {
    let clone = known.get(material);
    if (!clone) {
      clone = material.clone();
      change(clone);
      known.set(material, clone);
    }
    return clone;
  }

  private tint(material: MeshStandardMaterial) {
    material.color.copy(this.accent);
    material.emissive.copy(this.accent).multiplyScalar(0.35);
    material.map = null;
    material.vertexColors = false;
    material.needsUpdate = true;
  }

  private drawEdges(root: Object3D) {
    const meshes: Mesh[] = [];
    root.traverse((node) => node instanceof Mesh && meshes.push(node));
    const shapes = new Set<BufferGeometry>(meshes.map((mesh) => mesh.geometry));
    const triangles = [...shapes].reduce(
      (sum, { index, attributes }) => sum + (index?.count ?? attributes.position?.count ?? 0) / 3,
      0,
    );
    if (triangles > EDGE_TRIANGLES) return;
    const found = new Map([...shapes].map((shape) => [shape, new EdgesGeometry(shape, EDGE_DEGREES)]));
    for (const mesh of meshes) {
      const lines = new LineSegments(found.get(mesh.geometry), this.edges);
      lines.raycast = () => undefined;
      mesh.add(lines);
    }
  }

  private listenForPicks() {
    let from = { x: 0, y: 0 };
    this.canvas.addEventListener("pointerdown", ({ clientX: x, clientY: y }) => {
      from = { x, y };
    });
    this.canvas.addEventListener("pointerup", ({ clientX, clientY, button }) => {
      const moved = Math.hypot(clientX - from.x, clientY - from.y);
      if (button === 0 && moved < 4) this.onPick(this.nodeAt(clientX, clientY));
    });
  }

  private nodeAt(clientX: number, clientY: number): Object3D | null {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const point = new Vector2(((clientX - left) / width) * 2 - 1, 1 - ((clientY - top) / height) * 2);
    const ray = new Raycaster();
    ray.setFromCamera(point, this.camera);
    const hits = this.root ? ray.intersectObject(this.root, true) : [];
    return hits.find(({ object }) => isShown(object))?.object ?? null;
  }

  private resize() {
    const { clientWidth, clientHeight } = this.holder;
    if (clientWidth === 0 || clientHeight === 0) return;
    this.camera.aspect = clientWidth / clientHeight;
    this.camera.updateProjectionMatrix();
    this.renderer.setSize(clientWidth, clientHeight);
    this.renderer.render(this.scene, this.camera);
  }

  private redraw() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.renderer.render(this.scene, this.camera));
  }
}

function isShown(node: Object3D): boolean {
  for (let here: Object3D | null = node; here; here = here.parent) if (!here.visible) return false;
  return true;
}
