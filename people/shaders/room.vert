// The room stands still.
in vec3 position, normal;
in float material;
uniform mat4 view, from_sun;
out vec3 world, world_normal;
out vec4 sun_point;
flat out float stuff;

void main() {
  world = position;
  world_normal = normal;
  stuff = material;
  sun_point = from_sun * vec4(position, 1.0);
  gl_Position = view * vec4(position, 1.0);
}
