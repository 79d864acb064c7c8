// Skins a vertex with its four bones.
in vec3 position, normal, unshaped;
in vec2 uv;
in vec4 bones, weights;
in vec3 garment;
uniform mat4 view, from_sun;
layout(std140, binding = 0) uniform Bones { mat4 bone[64]; };
out vec3 world, world_normal, drawn, worn;
out vec2 texture_point;
out vec4 sun_point;

void main() {
  mat4 m = weights.x * bone[int(bones.x)] + weights.y * bone[int(bones.y)]
         + weights.z * bone[int(bones.z)] + weights.w * bone[int(bones.w)];
  vec4 p = m * vec4(position, 1.0);
  world = p.xyz;
  world_normal = mat3(m) * normal;
  drawn = unshaped;
  worn = garment;
  texture_point = uv;
  sun_point = from_sun * p;
  gl_Position = view * p;
}
